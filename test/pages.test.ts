/**
 * The links of README and `docs/` lead somewhere, the site lists each page, and README stays
 * the face of the project.
 *
 * @module
 */

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { managers, templates } from "../cli/commands/init/project.ts";
import { filesOf } from "../cli/commands/init/project_files.ts";
import { anchorsOf, fencesOf, linksOf, pages, proseOf, targetOf } from "./support/pages.ts";
import { read, root } from "./support/tree.ts";
import { pageFaults } from "./support/words.ts";

const all = pages();
const known = new Map(all.map((page) => [page.path, page]));

/** The reason for which `link` of `page` is broken, if it is. */
function faultOf(page: string, link: string): string | undefined {
  if (/^(https?|mailto):/.test(link)) return undefined;
  const [path, anchor] = link.split("#");
  const target = path === "" ? page : targetOf(page, path!);
  // `npm run site` writes the API reference, and refuses dead links to it.
  if (target.startsWith("docs/reference/api/")) return undefined;
  const file = target.startsWith("docs/") && /\.(png|svg)$/.test(target)
    ? target.replace("docs/", "docs/public/")
    : target;
  if (!existsSync(join(root, target)) && !existsSync(join(root, file))) {
    return "there is no such file";
  }
  if (anchor === undefined) return undefined;
  const there = known.get(target);
  return there && !anchorsOf(there).has(anchor) ? "the page has no such heading" : undefined;
}

test("every link of a page leads to a file, and every anchor to a heading", () => {
  const broken = all.flatMap(({ path, text }) =>
    linksOf(text).flatMap((link) => {
      const fault = faultOf(path, link);
      return fault === undefined ? [] : [`${path}: ${link}: ${fault}`];
    })
  );
  assert.equal(broken.join("\n"), "");
});

test("the menu of the site lists every page, and no other", () => {
  const config = read("docs/.vitepress/config.mjs");
  const listed = [...config.matchAll(/group\("[^"]+", "\/(\w+)", \{([^}]*)\}/g)].flatMap(
    ([, folder, items]) =>
      [...items!.matchAll(/^ *"?([\w-]+)"?: "/gm)].map(([, name]) => `docs/${folder}/${name}.md`),
  );
  const single = [...config.matchAll(/link: "(\/[\w-]+)"/g)].map(([, to]) => `docs${to}.md`);
  const written = all.map(({ path }) => path).filter((path) =>
    path.startsWith("docs/") && path !== "docs/index.md"
  );
  assert.deepEqual([...new Set([...listed, ...single])].sort(), written.sort());
});

test("the pages use plain words: a subject first, and the verb that is meant", () => {
  const faults = all.flatMap(({ path, text }) => pageFaults(path, proseOf(text)));
  assert.equal(faults.join("\n"), "");
});

test("README is a face: at most 350 lines", () => {
  assert.ok(read("README.md").split("\n").length <= 351);
});

test("each page begins with a title, and says once what its code is written in", () => {
  const wrong = all.flatMap(({ path, text }) => {
    const bare = fencesOf(text).filter(({ info }) => !/^[a-z]+/.test(info));
    const titled = /^(?:---\n[^]*?\n---\n\s*|\s*)# \S/.test(text) || path === "docs/index.md";
    return [
      ...titled ? [] : [`${path}: it has no title`],
      ...bare.map(({ line }) => `${path}:${line}`),
    ];
  });
  assert.deepEqual(wrong, []);
});

test("the heading of a page gets the anchor that the site and GitHub give it", () => {
  const text = "# 1. `rl.push()`, and back\n## Two words\n```sh\n# no heading\n```\n";
  assert.deepEqual([...anchorsOf({ path: "docs/a.md", text })], [
    "_1-rl-push-and-back",
    "two-words",
  ]);
  assert.deepEqual([...anchorsOf({ path: "README.md", text })], ["1-rlpush-and-back", "two-words"]);
  assert.equal(targetOf("docs/guide/a.md", "../concepts/b.md"), "docs/concepts/b.md");
  assert.equal(targetOf("docs/index.md", "/guide/a"), "docs/guide/a.md");
});

/** `code` without what a formatter of pages changes. */
const bare = (code: string): string => code.replaceAll(/\s+|,(?=\s*\])/g, "");

test("the code of a project of rl init in a page is that of the project", () => {
  const found = all.flatMap(({ path, text }) =>
    fencesOf(text).flatMap(({ line, comment, code }) => {
      const [, named, file] = /^template: (\w+)\/(\S+)$/.exec(comment) ?? [];
      return named === undefined ? [] : [{ place: `${path}:${line}`, named, file: file!, code }];
    })
  );
  assert.ok(found.length >= 8, "the pages of deployment and of frameworks show projects");
  for (const { place, named, file, code } of found) {
    const template = templates.find((each) => each === named)!;
    const pm = managers.find((each) => each === named) ?? "npm";
    const text = filesOf({ name: "shop", template, pm })[file];
    assert.ok(text && bare(text).includes(bare(code)), `${place}: ${named}/${file} has other code`);
  }
});
