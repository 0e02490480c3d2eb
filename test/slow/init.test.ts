/**
 * `rl init`: the files that it writes work, and it overwrites none.
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
import { templates } from "../../cli/commands/init/project.ts";
import { scaled } from "../support/machine_speed.ts";
import { startEdge } from "../support/miniflare.ts";
import { offline } from "../support/online.ts";
import { shared } from "../support/redis.ts";
import { rl, type RlResult } from "../support/rl.ts";
import { read, root } from "../support/tree.ts";
import { startFront } from "../support/upstash_front.ts";

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
  test(`the template ${template} is written whole, and prints the next step`, async () => {
    const { exit, stdout, stderr } = await init(template, "--template", template);
    assert.equal(exit, 0, stderr);
    const files = filesIn(join(folder, template));
    assert.deepEqual(
      stdout.match(/(?<=^\+ ).*$/gm)!.sort(),
      files.map((file) => join(template, file)),
    );
    const deployed = template === "cloudflare" ? ["wrangler.jsonc"] : ["Procfile", "k8s.yaml"];
    for (const file of ["README.md", "relier.config.ts", "src/tasks.ts", ...deployed]) {
      assert.ok(files.includes(file), file);
    }
    const steps = template === "cloudflare" ? 2 : 4;
    assert.match(
      stdout,
      new RegExp(`next:\\n  cd ${template}\\n  .* install\\n(.*\\n){${steps}}$`),
    );
    for (const file of files) {
      const text = readFileSync(join(folder, template, file), "utf8");
      assert.doesNotMatch(text, /undefined|\[object/, file);
      assert.match(text, /[^\n]\n$/, file);
    }
  });
}

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

test("a template is asked for only where a user can answer", async () => {
  const asked = await rl(["init", "asked"], { cwd: folder, tty: {}, stdin: "express\n" });
  assert.match(asked.stderr, /Template \(hono, express, bun, deno, cloudflare\) \[hono\]:/);
  assert.match(readFileSync(join(folder, "asked", "package.json"), "utf8"), /"express"/);
});

test("an impossible project is refused before any file is written", async () => {
  for (
    const args of [
      ["--template", "fastify"],
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

/** Packs the package as npm does. */
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

/** Installs the built package and present copies of others into a project; no registry is used. */
function outfit(project: string, names: readonly string[]): void {
  const modules = join(project, "node_modules");
  mkdirSync(join(modules, "@relier"), { recursive: true });
  cpSync(packed(), join(modules, "@relier", "core"), { recursive: true });
  for (const name of names) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name), "junction");
  }
}

test("the Deno project type-checks, and its test passes", { timeout: scaled(60_000) }, async () => {
  const project = join(folder, "deno");
  outfit(project, [
    "citty",
    "ioredis",
    "valibot",
    "@opentelemetry/api",
    "@types/node",
    "undici-types",
  ]);
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

test("the Cloudflare project takes in a task over HTTP, and its schedule runs it", {
  timeout: scaled(60_000),
}, async () => {
  const project = join(folder, "cloudflare");
  outfit(project, ["valibot", "@opentelemetry/api", "@upstash/redis", "uncrypto"]);
  const front = await startFront(await shared());
  const entry = `export { default } from ${JSON.stringify(join(project, "src", "index.ts"))};`;
  const bindings = { UPSTASH_URL: front.url, UPSTASH_TOKEN: front.token, TASKS_TOKEN: "token" };
  const edge = await startEdge({ entry, bindings, nodejs: true });
  try {
    const ask = async (path: string, method = "GET") => {
      const headers = { authorization: "Bearer token" };
      const response = await fetch(edge.url + path, { method, headers });
      return { status: response.status, body: await response.json() as any };
    };
    const { status, body } = await ask(`/receipts/o-${process.pid}`, "POST");
    assert.deepEqual([status, body.outcome], [202, "created"]);
    assert.equal((await ask(`/tasks/${body.id}`)).body.state, "ready");
    await edge.scheduled();
    assert.equal((await ask(`/tasks/${body.id}`)).body.state, "completed");
    assert.equal((await ask("/tasks/nonsense")).status, 404);
  } finally {
    await edge.kill();
    await front.close();
  }
});

test("the projects for Node type-check, and their tests pass", {
  skip: await offline(),
  timeout: scaled(110_000),
}, async () => {
  const projects = ["hono", "express", "cloudflare"];
  const manifests = projects.map((template) =>
    JSON.parse(readFileSync(join(folder, template, "package.json"), "utf8"))
  );
  const { "@relier/core": _, wrangler: __, ...dependencies } = Object.assign(
    {},
    ...manifests.flatMap((each) => [each.dependencies, each.devDependencies]),
  );
  await run("npm", ["pack", "--pack-destination", folder], { cwd: packed() });
  const archive = readdirSync(folder).find((name) => name.endsWith(".tgz"))!;
  // One package.json above all projects holds their dependencies.
  writeFileSync(
    join(folder, "package.json"),
    JSON.stringify({
      private: true,
      dependencies: { ...dependencies, "@relier/core": `file:./${archive}` },
    }),
  );
  await run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund"], { cwd: folder });
  for (const template of projects) {
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
