/**
 * The project has no unused file, export or dependency, and uses only declared ones.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { exportsOf, type Import, importsOf, mentions } from "./support/imports.ts";
import { files, read } from "./support/tree.ts";

const npm = JSON.parse(read("package.json"));

/** Files used without an import, and their users. */
const tools: Readonly<Record<string, string>> = {
  "@arethetypeswrong/cli": "the test of the package runs it",
  "@types/express": "the types of Express, which has none of its own",
  "@types/node": "the types of every node: module",
  "bee-queue": "rl bench loads it by name",
  "bullmq": "rl bench loads it by name",
  "bun": "runs the tests of Bun, and the matrix",
  "deno": "the gate formats, lints and checks with it",
  "groupmq": "rl bench loads it by name",
  "idiomorph": "the script of the dashboard contains it",
  "rxjs": "NestJS loads it",
  "tsx": "runs TypeScript on Node 20",
  "typescript": "the build and the gate",
};

/** Packages that the build puts into the package, so users do not install them. */
const bundled: readonly string[] = ["js-redis-server"];

const sources = files().filter((path) => path.endsWith(".ts") && !path.endsWith(".d.ts"));
const texts = new Map(sources.map((path) => [path, read(path)]));
const imports = new Map(sources.map((path) => [path, importsOf(path, texts.get(path)!)]));

const outside = JSON.stringify([npm.bin, npm.exports, npm.imports, npm.scripts]);

/** Files that are started or imported from outside, or that a test names by their path. */
const entries = new Set(sources.filter((path) => {
  const stem = path.replace(/\.ts$/, "");
  return path.endsWith(".test.ts") ||
    [` ${path}`, `"./${path}"`, `"./dist/${stem}.js"`].some((use) => outside.includes(use)) ||
    // A text holds the path of a bundled or started file, from the root.
    [...texts.values()].some((text) =>
      text.includes(`"${path}"`) || text.includes(`"./${path}"`)
    ) ||
    [...texts.values()].some((text) =>
      // The build's name stands for a thread's entry; a path from the root for a bundle's.
      new RegExp(`URL\\("[./\\w]*\\b${stem.split("/").at(-1)}\\.[jt]s"`).test(text) ||
      text.includes(`from "./${path}"`)
    );
}));

test("every file is an entry, or is imported by another", () => {
  const imported = new Set([...imports.values()].flat().map(({ to }) => to));
  const unused = sources.filter((path) => !entries.has(path) && !imported.has(path));
  assert.deepEqual(unused, []);
});

test("every export is used by another file, or is public", () => {
  const unused = sources.filter((path) => !entries.has(path)).flatMap((path) => {
    const users = sources.flatMap((user) =>
      imports.get(user)!.filter(({ to }) => to === path).map((taken) => ({ user, taken }))
    );
    return exportsOf(texts.get(path)!)
      .filter(({ name, ownType }) =>
        !ownType && !users.some(({ user, taken }) => takes(user, taken, name))
      )
      .map(({ name }) => `${path}: ${name}`);
  });
  assert.deepEqual(unused, []);
});

/** Checks whether `user` uses `name` of a module that it imports as `taken`. */
function takes(user: string, taken: Import, name: string): boolean {
  if (taken.names !== "*") return taken.names.includes(name);
  const text = texts.get(user)!;
  // The command tree takes the default export of a module by `lazy()`.
  if (name === "default" && text.includes("lazy(() => import(")) return true;
  return /^export \*/m.test(text) || mentions(text, name) > 0;
}

test("every dependency is imported, or is a tool this file knows", () => {
  const used = new Set(
    sources.flatMap((path) => imports.get(path)!.map(({ to }) => packageOf(to))),
  );
  const declared = Object.keys({ ...npm.dependencies, ...npm.devDependencies });
  assert.deepEqual(declared.filter((name) => !used.has(name) && !(name in tools)), [], "unused");
  assert.deepEqual(
    Object.keys(tools).filter((name) => used.has(name)),
    [],
    "tools that are imported",
  );
  assert.deepEqual(
    Object.keys(tools).filter((name) => !declared.includes(name)),
    [],
    "tools that are gone",
  );
});

test("every package that is imported is declared, for users too where they need it", () => {
  const forUsers = { ...npm.dependencies, ...npm.peerDependencies };
  const forUs = { ...forUsers, ...npm.devDependencies };
  const missing = sources.flatMap((path) => {
    const declared = /^(mod\.ts|(core|adapters|cli)\/.*)$/.test(path) ? forUsers : forUs;
    return imports.get(path)!
      .map(({ to }) => packageOf(to))
      .filter((name) => name !== undefined && !(name in declared) && !bundled.includes(name))
      .map((name) => `${path}: ${name}`);
  });
  assert.deepEqual(missing, []);
});

/**
 * The package that a specifier names, or `undefined` for files of the project and
 * modules of Node.
 */
function packageOf(to: string): string | undefined {
  if (/^(node:|#|\()|\.(ts|cjs)$/.test(to)) return undefined;
  return /^(@[^/]+\/[^/]+|[^/]+)/.exec(to)?.[0];
}
