/**
 * `rl init`: what it writes works, and nothing that is there is overwritten.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { templates } from "../../cli/init/project.ts";
import { shared } from "../support/redis.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { read, root } from "../support/tree.ts";

const run = promisify(execFile);
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
  test(`the template ${template} is written whole, and says what comes next`, async () => {
    const { exit, stdout, stderr } = await init(template, "--template", template);
    assert.equal(exit, 0, stderr);
    const files = filesIn(join(folder, template));
    assert.deepEqual(
      stdout.match(/(?<=^\+ ).*$/gm)!.sort(),
      files.map((file) => join(template, file)),
    );
    for (const file of ["README.md", "Procfile", "k8s.yaml", "relier.config.ts", "src/tasks.ts"]) {
      assert.ok(files.includes(file), file);
    }
    assert.match(stdout, new RegExp(`next:\\n  cd ${template}\\n  .* install\\n.*\\n.*\\n$`));
    for (const file of files) {
      const text = readFileSync(join(folder, template, file), "utf8");
      assert.doesNotMatch(text, /undefined|\[object/, file);
      assert.match(text, /[^\n]\n$/, file);
    }
  });
}

test("nothing that is there is overwritten, unless that is asked for", async () => {
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

test("a template is asked for where somebody can answer", async () => {
  const asked = await rl(["init", "asked"], { cwd: folder, tty: {}, stdin: "express\n" });
  assert.match(asked.stderr, /Template \(hono, express, bun, deno\) \[hono\]:/);
  assert.match(readFileSync(join(folder, "asked", "package.json"), "utf8"), /"express"/);
});

test("what cannot be written is refused before anything is", async () => {
  for (
    const args of [
      ["--template", "cloudflare"],
      ["--template", "fastify"],
      ["--template", "deno", "--pm", "npm"],
      ["--template", "hono", "--pm", "deno"],
      ["--pm", "yarn"],
    ]
  ) {
    const { exit, stderr } = await init("refused", ...args);
    assert.equal(exit, 2, stderr);
    assert.match(stderr, /Cannot use option/);
  }
  assert.equal((await init("...")).exit, 2);
  assert.match((await init("x", "--template", "cloudflare")).stderr, /does not exist yet/);
  assert.ok(!readdirSync(folder).some((name) => ["refused", "...", "x"].includes(name)));
});

/** The package as npm would pack it. */
function pack(): string {
  const built = join(folder, "package");
  const manifest = JSON.parse(read("package.json"));
  execFileSync(process.execPath, ["--import", "tsx", "build.ts", "--out", join(built, "dist")], {
    cwd: root,
  });
  const { scripts: _, devDependencies: __, ...published } = manifest;
  writeFileSync(join(built, "package.json"), JSON.stringify(published));
  return built;
}

let done: string | undefined;
const packed = (): string => done ??= pack();
const environment = { ...process.env, NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" };

test("the Deno project type-checks, and its test passes", { timeout: 60_000 }, async () => {
  const project = join(folder, "deno");
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "@relier"), { recursive: true });
  cpSync(packed(), join(modules, "@relier", "core"), { recursive: true });
  for (const name of ["citty", "ioredis", "valibot", "@types/node", "undici-types"]) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
  }
  // Not from the registry: the package is what was just built.
  const config = readFileSync(join(project, "deno.json"), "utf8");
  writeFileSync(join(project, "deno.json"), config.replace('"auto"', '"manual"'));
  writeFileSync(join(project, "package.json"), '{"dependencies":{"@relier/core":"*"}}');
  const { stdout, stderr } = await run(
    process.execPath,
    [join(root, "node_modules", "deno", "bin.cjs"), "task", "test"],
    { cwd: project, env: { ...environment, RELIER_REDIS_URL: await shared() } },
  );
  assert.match(stdout + stderr, /1 passed \| 0 failed/);
});

const online = await run("npm", ["ping", "--fetch-retries=0"], { timeout: 10_000 })
  .then(() => true, () => false);

test("the projects for Node type-check, and their tests pass", {
  skip: !online && "the npm registry cannot be reached",
  timeout: 110_000,
}, async () => {
  const manifests = ["hono", "express"].map((template) =>
    JSON.parse(readFileSync(join(folder, template, "package.json"), "utf8"))
  );
  const { "@relier/core": _, ...dependencies } = Object.assign(
    {},
    ...manifests.flatMap((each) => [each.dependencies, each.devDependencies]),
  );
  await run("npm", ["pack", "--pack-destination", folder], { cwd: packed() });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  // Once, above both of them.
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      private: true,
      dependencies: { ...dependencies, "@relier/core": `file:./${archive}` },
    }),
  );
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
  for (const template of ["hono", "express"]) {
    const cwd = join(folder, template);
    await run(process.execPath, [join(folder, "node_modules", "typescript", "bin", "tsc")], { cwd })
      .catch(({ stdout }) => assert.fail(`${template}: ${stdout}`));
    const { stdout } = await run("npm", ["test"], {
      cwd,
      env: { ...environment, NODE_TEST_CONTEXT: undefined, RELIER_REDIS_URL: await shared() },
    });
    assert.match(stdout, /# pass 1\n/);
    const rl = join(folder, "node_modules", ".bin", "rl");
    const { stdout: shown } = await run(rl, ["config", "show"], { cwd, env: environment });
    assert.match(shown, /src\/tasks\.ts/);
  }
});
