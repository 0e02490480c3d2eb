/**
 * The settings of `rl`: their sources, their precedence, and the messages about an
 * invalid file.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { redact } from "../../cli/framework/redact.ts";
import { rl, type RlOptions } from "../support/rl.ts";
import { here } from "../support/runtimes.ts";
import { root } from "../support/tree.ts";

const scratch = mkdtempSync(join(tmpdir(), "relier-config-test-"));
after(() => rmSync(scratch, { recursive: true, force: true }));
let count = 0;

/** A separate folder that holds `files`; `cwd` is a folder two levels below it. */
function project(files: Record<string, string>) {
  const top = join(scratch, String(++count));
  const cwd = join(top, "src", "deep");
  mkdirSync(cwd, { recursive: true });
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(top, name)), { recursive: true });
    writeFileSync(join(top, name), text);
  }
  return { top, cwd };
}

type Shown = Record<string, { value: unknown; from: string }> & { file: string | null };

async function shown(args: readonly string[], options: RlOptions): Promise<Shown> {
  const { exit, stdout, stderr } = await rl(["config", "show", "--json", ...args], options);
  assert.equal(exit, 0, stderr);
  return JSON.parse(stdout);
}

test("an option takes precedence over the environment, that over the file, that over the defaults", async () => {
  const { cwd, top } = project({
    "relier.config.json": JSON.stringify({ url: "redis://file", prefix: "file", env: "staging" }),
  });
  const file = join(top, "relier.config.json");
  const env = { RELIER_REDIS_URL: "redis://env", REDIS_URL: "redis://last" };
  const first = await shown(["--url", "redis://flag"], { cwd, env });
  assert.deepEqual(first["url"], { value: "redis://flag", from: "--url" });
  assert.deepEqual(first["prefix"], { value: "file", from: file });
  assert.deepEqual(first["env"], { value: "staging", from: file });
  const second = await shown([], { cwd, env });
  assert.deepEqual(second["url"], { value: "redis://env", from: "RELIER_REDIS_URL" });
  const third = await shown([], { cwd, env: { REDIS_URL: "redis://last" } });
  assert.deepEqual(third["url"], { value: "redis://file", from: file });
  const empty = project({}).cwd;
  const fourth = await shown([], { cwd: empty, env: { REDIS_URL: "redis://last" } });
  assert.deepEqual(fourth["url"], { value: "redis://last", from: "REDIS_URL" });
  const none = await shown([], { cwd: empty, env: { RELIER_REDIS_URL: "" } });
  assert.deepEqual(none["url"], { value: "redis://127.0.0.1:6379", from: "default" });
  assert.equal(none.file, null);
});

test("the nearest file counts, and a named one takes precedence", async () => {
  const { cwd, top } = project({
    "relier.config.json": '{"prefix":"far"}',
    "src/relier.config.mjs": 'export default { prefix: "near" };',
    "other.json": '{"prefix":"named"}',
  });
  assert.equal((await shown([], { cwd }))["prefix"]!.value, "near");
  assert.equal((await shown(["-c", "../../other.json"], { cwd }))["prefix"]!.value, "named");
  const env = { RELIER_CONFIG: join(top, "other.json") };
  assert.equal((await shown([], { cwd, env }))["prefix"]!.value, "named");
  const { stdout } = await rl(["config", "path"], { cwd });
  assert.equal(stdout, join(top, "src", "relier.config.mjs") + "\n");
});

test("every kind of file is read", async () => {
  const object = '{ prefix: "p", worker: { queues: ["a", "b"], concurrency: 5 } }';
  const kinds: Record<string, string> = {
    "relier.config.json": '{"prefix":"p","worker":{"queues":["a","b"],"concurrency":5}}',
    "relier.config.mjs": `export default ${object};`,
    // On Deno, CommonJS files end in .cjs, which is no supported name.
    ...(here !== "deno" && { "relier.config.js": `module.exports = ${object};` }),
    "package.json": '{"relier":{"prefix":"p","worker":{"queues":["a","b"],"concurrency":5}}}',
    // The loader of this test compiles it, as a runtime that strips types does.
    "relier.config.ts": `const config: object = ${object}; export default config;`,
    "relier.config.mts": `const config: object = ${object}; export default config;`,
  };
  for (const [name, text] of Object.entries(kinds)) {
    const { cwd, top } = project({ [name]: text });
    const found = await shown([], { cwd });
    assert.equal(found.file, join(top, name));
    assert.equal(found["prefix"]!.value, "p", name);
    assert.deepEqual(found["worker.queues"], { value: ["a", "b"], from: join(top, name) });
    assert.equal(found["worker.concurrency"]!.value, 5);
  }
});

test("queues have weights as in createWorker(), or as on the command line", async () => {
  const weights = '{"worker":{"queues":{"payments":5,"default":1}}}';
  const { cwd } = project({ "relier.config.json": weights });
  assert.deepEqual((await shown([], { cwd }))["worker.queues"]!.value, { payments: 5, default: 1 });
  assert.match(
    (await rl(["config", "show"], { cwd })).stdout,
    /worker\.queues +payments:5, default:1/,
  );
});

test("a package.json without the field relier, or a broken one, is skipped", async () => {
  const { cwd } = project({
    "relier.config.json": '{"prefix":"far"}',
    "src/package.json": '{"name":"x"}',
    "src/deep/package.json": "{",
  });
  assert.equal((await shown([], { cwd }))["prefix"]!.value, "far");
});

test("an invalid file is refused, with the key and the allowed values", async () => {
  const refusals: [string, string, RegExp][] = [
    ["relier.config.json", "{", /Cannot read the configuration file .*relier\.config\.json/],
    ["relier.config.json", "[]", /it must be an object/],
    ["relier.config.json", "null", /it must be an object/],
    [
      "relier.config.json",
      '{"ulr":"x"}',
      /key "ulr"[^]*there is no such key[^]*did you mean "url"/,
    ],
    ["relier.config.json", '{"frobnicate":1}', /allowed are url, prefix, env, output, worker/],
    ["relier.config.json", '{"worker":{"concurency":1}}', /"worker\.concurency"[^]*"concurrency"/],
    ["relier.config.json", '{"worker":{"concurrency":"5"}}', /whole number from 1 to/],
    ["relier.config.json", '{"worker":{"concurrency":0}}', /whole number from 1 to/],
    ["relier.config.json", '{"worker":{"lease":10}}', /"worker\.lease"[^]*a duration like "30s"/],
    [
      "relier.config.json",
      '{"worker":{"queues":"a"}}',
      /"worker\.queues"[^]*payments: 5.*"payments:5"/,
    ],
    ["relier.config.json", '{"worker":{"queues":["a",""]}}', /"worker\.queues/],
    ["relier.config.json", '{"worker":5}', /"worker"[^]*an object/],
    ["relier.config.json", '{"output":"xml"}', /"human" or "json"/],
    ["relier.config.json", '{"url":""}', /"url"[^]*a string: the URL of Redis/],
    ["relier.config.mjs", "export const x = 1;", /must be an object, as the default export/],
    ["relier.config.mjs", "throw new Error('boom redis://u:hunter2@h');", /Cannot read[^]*boom/],
    ["relier.config.mjs", "export default (", /Cannot read/],
    ["package.json", '{"relier":{"prefx":"x"}}', /key "prefx"[^]*did you mean "prefix"/],
  ];
  for (const [name, text, expected] of refusals) {
    const { cwd } = project({ [name]: text });
    for (const line of [["config", "show"], ["config", "validate"]]) {
      const { exit, stdout, stderr } = await rl(line, { cwd });
      assert.deepEqual([exit, stdout], [2, ""], stderr);
      assert.match(stderr, expected);
      assert.match(stderr, /^error: .+\nhint: {2}.+\n$/);
      assert.doesNotMatch(stderr, /hunter2/);
    }
  }
});

test("a named file that does not exist is refused", async () => {
  const { cwd } = project({});
  for (
    const [line, env, expected] of [
      [
        ["config", "show", "-c", "nowhere.ts"],
        {},
        /option --config "nowhere\.ts": there is no such file/,
      ],
      [["config", "show"], { RELIER_CONFIG: "." }, /RELIER_CONFIG "\.": there is no such file/],
      [["config", "validate", "nowhere.json"], {}, /nowhere\.json": there is no such file/],
      [["config", "show"], { RELIER_OUTPUT: "xml" }, /RELIER_OUTPUT "xml"[^]*human, json/],
    ] as const
  ) {
    const { exit, stderr } = await rl(line, { cwd, env });
    assert.equal(exit, 2);
    assert.match(stderr, expected);
  }
  const { exit, stderr } = await rl(["config", "path"], { cwd });
  assert.equal(exit, 4);
  assert.match(stderr, /Cannot find a configuration file above/);
});

test("a broken file does not stop commands that need none", async () => {
  const { cwd } = project({ "relier.config.json": "{" });
  assert.equal((await rl(["completion", "bash"], { cwd })).exit, 0);
  assert.equal((await rl(["config", "path"], { cwd })).exit, 0);
  assert.equal((await rl(["--help"], { cwd })).exit, 0);
});

test("config show hides passwords and shows the rest", async () => {
  const { cwd } = project({
    "relier.config.json": '{"url":"rediss://me:hunter2@db.example:6380/2?password=hunter3"}',
  });
  for (const flags of [[], ["--json"], ["--wide"]]) {
    const { stdout } = await rl(["config", "show", ...flags], { cwd });
    assert.match(stdout, /rediss:\/\/\*\*\*@db\.example:6380\/2\?password=\*\*\*/);
    assert.doesNotMatch(stdout, /hunter/);
  }
});

test("passwords are found in every place", () => {
  assert.equal(
    redact("at redis://u:p@ss@h:1/0 and rediss://:x@h"),
    "at redis://***@h:1/0 and rediss://***@h",
  );
  assert.equal(redact("redis://u:a/b@c@h/0, then"), "redis://***@h/0, then");
  assert.equal(redact("x?a=1&password=a%20b&b=2"), "x?a=1&password=***&b=2");
  assert.equal(redact("no secret: mail me@example.com"), "no secret: mail me@example.com");
  const env = { RELIER_REDIS_URL: "redis://u:p%40ssword@h", RELIER_TOKEN: "abcdef", OTHER: "h" };
  assert.equal(redact("got p@ssword, p%40ssword and abcdef", env), "got ***, *** and ***");
});

test("a TypeScript file is read by the project's own tsx where the runtime cannot", async () => {
  const { execFileSync, spawnSync } = await import("node:child_process");
  const stripped = execFileSync(process.execPath, ["-p", "Boolean(process.features.typescript)"]);
  const files = { "relier.config.ts": 'enum E { p = "p" } export default { prefix: E.p };' };
  const { cwd, top } = project(files);
  // The script runs without a loader, as the compiled command does for a user.
  const script = join(scratch, "read.mjs");
  const { build } = await import("esbuild");
  await build({
    entryPoints: [join(root, "cli/framework/config_file.ts")],
    bundle: true,
    platform: "node",
    format: "esm",
    outfile: script,
    logLevel: "silent",
  });
  const read = () =>
    spawnSync(process.execPath, [
      "-e",
      `import(${JSON.stringify(script)}).then((m) => m.readConfig(${
        JSON.stringify(join(top, "relier.config.ts"))
      })).then((f) => console.log(f.config.prefix), (e) => console.log(e.exit, e.message, e.hint))`,
    ], { cwd, encoding: "utf8" }).stdout;
  if (String(stripped).trim() === "false") {
    assert.match(read(), /^2 Cannot read .*reads no TypeScript run Node 22\.18 .* install tsx/);
  }
  mkdirSync(join(top, "node_modules"));
  symlinkSync(join(root, "node_modules", "tsx"), join(top, "node_modules", "tsx"));
  if (String(stripped).trim() === "false") assert.equal(read(), "p\n");
});
