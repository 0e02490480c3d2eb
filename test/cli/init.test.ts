/**
 * `rl init`: the files that it writes, and those that it does not overwrite.
 *
 * @module
 */

import assert from "node:assert/strict";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { managers, templates } from "../../cli/commands/init/project.ts";
import { filesOf } from "../../cli/commands/init/project_files.ts";
import { defaultDrainMs } from "../../core/defaults.ts";
import { rl, type RlResult } from "../support/rl.ts";

const folder = mkdtempSync(join(tmpdir(), "relier-init-"));
after(() => rmSync(folder, { recursive: true, force: true }));

function init(...args: string[]): Promise<RlResult> {
  return rl(["init", ...args], { cwd: folder });
}

function filesIn(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: "utf8" })
    .filter((file) => statSync(join(path, file)).isFile()).sort();
}

for (const template of templates) {
  test(`the template ${template} is written whole, and prints the next step`, async () => {
    const { exit, stdout, stderr } = await init(template, "--template", template);
    assert.equal(exit, 0, stderr);
    const files = filesIn(join(folder, template));
    assert.deepEqual(
      stdout.match(/(?<=^\+ ).*$/gm)!.sort(),
      files.map((file) => join(template, file)),
    );
    const image = ["Dockerfile", ".dockerignore", "compose.yaml", "k8s.yaml", "Procfile"];
    const deployed = template === "cloudflare" ? ["wrangler.jsonc"] : image;
    for (
      const file of ["README.md", ".gitignore", "src/tasks.ts", "test/app.test.ts", ...deployed]
    ) {
      assert.ok(files.includes(file), file);
    }
    const steps = template === "cloudflare" ? 2 : 4;
    assert.match(
      stdout,
      new RegExp(`next:\\n  cd ${template}\\n  .* install\\n(.*\\n){${steps}}$`),
    );
    for (const file of files) {
      const text = readFileSync(join(folder, template, file), "utf8");
      assert.doesNotMatch(text, /undefined[^;]|\[object|\$[a-z]/, file);
      assert.match(text, /[^\n]\n$/, file);
    }
  });
}

test("no file with secrets of a machine gets into an image or into Git", () => {
  for (const file of [".dockerignore", ".gitignore"]) {
    const text = filesOf({ name: "shop", template: "next", pm: "npm" })[file]!;
    for (const secret of [".env", ".env*.local"]) {
      assert.ok(text.split("\n").includes(secret), file);
    }
  }
});

test("existing files are not overwritten, unless an option allows it", async () => {
  const mine = join(folder, "mine");
  mkdirSync(join(mine, "src"), { recursive: true });
  writeFileSync(join(mine, "src", "tasks.ts"), "// mine\n");
  writeFileSync(join(mine, "notes.txt"), "mine\n");
  const refused = await init("mine", "--yes");
  assert.equal(refused.exit, 5);
  assert.match(refused.stderr, /src\/tasks\.ts would be overwritten/);
  assert.deepEqual(filesIn(mine), ["notes.txt", "src/tasks.ts"]);
  const forced = await init("mine", "--force", "--json");
  assert.equal(forced.exit, 0);
  const [{ name, template, pm, files }] = forced.lines();
  assert.deepEqual([name, template, pm], ["mine", "hono", "npm"]);
  assert.deepEqual(filesIn(mine), [...files, "notes.txt"].sort());
  assert.notEqual(readFileSync(join(mine, "src", "tasks.ts"), "utf8"), "// mine\n");
});

test("a folder that is not empty is written into only if it is named", async () => {
  const used = join(folder, "used");
  mkdirSync(used);
  writeFileSync(join(used, "notes.txt"), "mine\n");
  const refused = await rl(["init"], { cwd: used });
  assert.equal(refused.exit, 5);
  assert.match(refused.stderr, /this folder is not empty[^]*rl init my-app/);
  assert.deepEqual(filesIn(used), ["notes.txt"]);
  const asked = await rl(["init", "--template", "hono"], { cwd: used, tty: {}, stdin: "shop\n" });
  assert.equal(asked.exit, 0, asked.stderr);
  assert.deepEqual(readdirSync(used).sort(), ["notes.txt", "shop"]);
  assert.equal((await rl(["init", "."], { cwd: used })).exit, 0);
  mkdirSync(join(folder, "empty", ".git"), { recursive: true });
  assert.equal((await rl(["init"], { cwd: join(folder, "empty") })).exit, 0);
});

test("a template is asked for only where a user can answer", async () => {
  const asked = await rl(["init", "asked"], { cwd: folder, tty: {}, stdin: "express\n" });
  assert.match(asked.stderr, /Template \(hono, express, .*, cloudflare\) \[hono\]:/);
  assert.match(readFileSync(join(folder, "asked", "package.json"), "utf8"), /"express"/);
});

test("an impossible project is refused before any file is written", async () => {
  for (
    const args of [
      ["--template", "koa"],
      ["--template", "deno", "--pm", "npm"],
      ["--template", "hono", "--pm", "deno"],
      ["--template", "cloudflare", "--pm", "deno"],
      ["--pm", "yarn"],
    ]
  ) {
    const { exit, stderr } = await init("refused", ...args);
    assert.equal(exit, 2, stderr);
    assert.match(stderr, /Cannot use option/);
  }
  assert.equal((await init("...")).exit, 2);
  assert.ok(!readdirSync(folder).some((name) => ["refused", "..."].includes(name)));
});

/** The numbers of seconds behind `name` in a file. */
function seconds(text: string, name: string): number[] {
  return [...text.matchAll(new RegExp(`${name}: (\\d+)`, "g"))].map(([, value]) => Number(value));
}

test("a container has more time to leave than a drain takes", () => {
  const drainMs = defaultDrainMs + 5_000;
  const given = templates.filter((template) => template !== "cloudflare").flatMap((template) => [
    ...seconds(
      filesOf({ name: "x", template, pm: "npm" })["k8s.yaml"]!,
      "terminationGracePeriodSeconds",
    ),
    ...seconds(filesOf({ name: "x", template, pm: "npm" })["compose.yaml"]!, "stop_grace_period"),
  ]);
  assert.equal(given.length, 14);
  for (const each of given) assert.ok(each * 1000 >= drainMs + 5_000, `${each} s`);
});

test("no shell and no package manager stands between a container and the program it runs", () => {
  for (const template of templates.filter((each) => each !== "cloudflare")) {
    for (const pm of template === "bun" || template === "deno" ? [template] : managers) {
      if (pm === "deno" && template !== "deno") continue;
      const files = filesOf({ name: "x", template, pm });
      const programs = ["Dockerfile", "compose.yaml", "k8s.yaml"].flatMap((file) =>
        [...files[file]!.matchAll(/^(?:CMD| +command:) (\[.*\])$/gm)].map(([, list]) =>
          JSON.parse(list!)
        )
      );
      assert.equal(programs.length, 4);
      for (const [first] of programs) {
        assert.match(first, /^(node|bun|deno|redis-server|node_modules\/\.bin\/(rl|next))$/);
      }
    }
  }
});
