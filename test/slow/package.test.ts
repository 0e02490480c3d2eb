/**
 * The package as npm installs it: compiled, in a `node_modules` of its own,
 * with the dependencies it declares and no others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { after, before, test } from "node:test";
import { build } from "esbuild";
import { startRedis } from "../support/redis.ts";
import { read, root } from "../support/tree.ts";

const npm = JSON.parse(read("package.json"));
const consumer = realpathSync(mkdtempSync(join(tmpdir(), "relier-package-")));
const installed = join(consumer, "node_modules", "@relier", "core");

before(() => {
  mkdirSync(installed, { recursive: true });
  const out = join(installed, "dist");
  execFileSync(process.execPath, ["--import", "tsx", "build.ts", "--out", out], { cwd: root });
  cpSync(join(root, "package.json"), join(installed, "package.json"));
  for (const name of Object.keys(npm.dependencies)) {
    const link = join(consumer, "node_modules", name);
    mkdirSync(dirname(link), { recursive: true });
    symlinkSync(join(root, "node_modules", name), link, "junction");
  }
});

after(() => rmSync(consumer, { recursive: true, force: true }));

/** Runs `code` as a module of the consumer and returns what it printed. */
function run(code: string, ...flags: string[]): string {
  const args = [...flags, "--input-type=module", "--eval", code];
  return execFileSync(process.execPath, args, { cwd: consumer, encoding: "utf8" }).trim();
}

for (const path of Object.keys(npm.exports).filter((name) => name !== "./package.json")) {
  const name = path.replace(/^\./, npm.name);

  test(`${name} can be imported, and can be required`, () => {
    assert.notEqual(run(`console.log(Object.keys(await import("${name}")).length)`), "0");
    const required = `import { createRequire } from "node:module";
      console.log(Object.keys(createRequire(process.cwd() + "/x.js")("${name}")).length)`;
    assert.notEqual(run(required, "--no-warnings"), "0");
  });

  test(`${name} comes with its types`, () => {
    assert.ok(existsSync(join(installed, npm.exports[path].types)));
  });
}

test("#client stands for the compiled ioredis adapter, and on the edge for a refusal", () => {
  const mod = join(installed, "dist", "mod.js");
  const resolve = `import { createRequire } from "node:module";
    console.log(createRequire(${JSON.stringify(mod)}).resolve("#client"))`;
  assert.equal(run(resolve), join(installed, "dist", "adapters", "client.js"));
  for (const condition of ["workerd", "edge-light", "browser"]) {
    const found = run(resolve, `--conditions=${condition}`);
    assert.equal(found, join(installed, "dist", "adapters", "no_client.js"));
  }
});

test("a worker of the compiled package has a thread that stands in for it", async () => {
  const server = await startRedis();
  try {
    const said = run(`
      import { createRelier, createWorker } from "${npm.name}";
      const rl = createRelier({ redis: "${server.url}" });
      const worker = createWorker(rl, { lease: "1s" });
      worker.on("error", ({ error }) => console.log(error));
      await worker.start();
      let about;
      for (let i = 0; about?.pulse !== "thread" && i < 100; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        [{ about }] = await rl.queue("default").workers();
      }
      console.log(about.pulse);
      await worker.drain();
      await rl.close();`);
    assert.equal(said, "thread");
  } finally {
    await server.kill();
  }
});

test("the refusal on the edge names what to do instead, and does not show the URL", () => {
  const refusal = createRequire(import.meta.url)(
    join(installed, "dist", "adapters", "no_client.js"),
  );
  assert.throws(() => refusal.connect("redis://:secret@host"), (error: Error) => {
    assert.match(error.message, /pass a port, e\.g\. upstash\(\{ url, token \}\)/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("the compiled package bundles for the edge without any client", async () => {
  const { metafile } = await build({
    stdin: { contents: `export * from "${npm.name}";`, resolveDir: consumer },
    absWorkingDir: consumer,
    bundle: true,
    conditions: ["workerd"],
    format: "esm",
    logLevel: "silent",
    metafile: true,
    platform: "browser",
    write: false,
  });
  const clients = Object.keys(metafile.inputs).filter((path) =>
    /\bioredis\b|adapters\/(?!no_(client|node)\.js)/.test(path)
  );
  assert.deepEqual(clients, []);
});
