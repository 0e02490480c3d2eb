/**
 * The package as npm installs it: compiled, in its own `node_modules`, with the
 * declared dependencies and no others.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { build } from "esbuild";
import { makeConsumer, npm, specifiers } from "../support/consumer.ts";
import { startRedis } from "../support/redis.ts";
import { root } from "../support/tree.ts";
import { bounded, until } from "../support/until.ts";

const sdk = "@opentelemetry/sdk-node";
const consumer = makeConsumer(Object.keys(npm.peerDependencies).filter((name) => name !== sdk));
const { folder, installed } = consumer;
after(() => consumer.remove());

// The loader that compiles TypeScript for the consumer.
symlinkSync(join(root, "node_modules", "tsx"), join(folder, "node_modules", "tsx"), "junction");

/** A module with a task. */
const exported = join(folder, "exported.js");
writeFileSync(exported, `import { rlTask } from "${npm.name}"; rlTask("exported", () => {});`);

/** Runs `code` as a module of the consumer and returns its output. */
function run(code: string, ...flags: string[]): string {
  const args = [...flags, "--input-type=module", "--eval", code];
  return consumer.run(process.execPath, args);
}

for (const name of specifiers) {
  test(`${name} can be imported and required`, () => {
    assert.notEqual(run(`console.log(Object.keys(await import("${name}")).length)`), "0");
    const required = `import { createRequire } from "node:module";
      console.log(Object.keys(createRequire(process.cwd() + "/x.js")("${name}")).length)`;
    assert.notEqual(run(required, "--no-warnings"), "0");
  });

  test(`${name} has its types, for an import and for require()`, () => {
    const { types } = npm.exports[name.replace(npm.name, ".")];
    const files = Object.values<string>(types);
    assert.ok(files.length > 0);
    assert.deepEqual(files.filter((file) => !existsSync(join(installed, file))), []);
  });
}

test("#dist/client stands for the compiled ioredis adapter, and on the edge for a refusal", () => {
  const mod = join(installed, "dist", "mod.js");
  const resolve = `import { createRequire } from "node:module";
    console.log(createRequire(${JSON.stringify(mod)}).resolve("#dist/client"))`;
  assert.equal(
    run(resolve),
    join(installed, "dist", "adapters", "conditions", "client_default.js"),
  );
  for (const condition of ["workerd", "edge-light", "browser"]) {
    const found = run(resolve, `--conditions=${condition}`);
    assert.equal(found, join(installed, "dist", "adapters", "conditions", "client_none.js"));
  }
});

test("rl names the packages to install when it cannot export", async () => {
  const server = await startRedis();
  const start = [
    "worker",
    "start",
    exported,
    "--otlp",
    "http://127.0.0.1:4318",
    "--url",
    server.url,
  ];
  try {
    assert.throws(
      () => consumer.run(process.execPath, [join(installed, npm.bin.rl), ...start]),
      { status: 2, message: new RegExp(`is not installed[^]*npm install ${sdk}`) },
    );
  } finally {
    await server.kill();
  }
});

test("if only the environment asks for it, a worker continues without exporting", async () => {
  const server = await startRedis();
  const start = ["worker", "start", exported, "--url", server.url];
  const child = spawn(process.execPath, [join(installed, npm.bin.rl), ...start], {
    cwd: folder,
    env: { ...process.env, NO_COLOR: "1", OTEL_EXPORTER_OTLP_ENDPOINT: "http://127.0.0.1:4318" },
  });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => said += chunk);
  const ended = once(child, "exit");
  try {
    await until("the worker is ready", () => said.includes("1 worker ready"), 20_000);
    const line = said.split("\n").find((text) => text.includes('"event":"telemetry"'));
    assert.match(JSON.parse(line!).msg, new RegExp(`nothing is exported: npm install ${sdk}$`));
    child.kill("SIGTERM");
    assert.deepEqual(await bounded("it drains", ended), [0, null]);
  } finally {
    child.kill("SIGKILL");
    await server.kill();
  }
});

test("a worker of the compiled package has a thread that stands in for it", async () => {
  const server = await startRedis();
  try {
    const said = run(`
      import { createRelier, createWorker } from "${npm.name}";
      const rl = createRelier({ redis: "${server.url}", logger: false });
      const worker = createWorker(rl, { lease: "1s" });
      worker.on("error", ({ error }) => console.log(error));
      await worker.start();
      let info;
      for (let i = 0; info?.pulse !== "thread" && i < 100; i++) {
        await new Promise((resolve) => setTimeout(resolve, 50));
        [{ info }] = await rl.queue("default").workers();
      }
      console.log(info.pulse);
      await worker.drain();
      await rl.close();`);
    assert.equal(said, "thread");
  } finally {
    await server.kill();
  }
});

for (const type of ["commonjs", "module"]) {
  test(`a task that tsx compiles as ${type} finds its context, also in isolates, and is found by rl`, async () => {
    const server = await startRedis();
    const project = join(folder, type);
    const [tasks, app] = [join(project, "tasks.ts"), join(project, "app.ts")];
    mkdirSync(project);
    writeFileSync(join(project, "package.json"), JSON.stringify({ type }));
    writeFileSync(
      tasks,
      `import { rlTask, taskContext } from "${npm.name}";
      const nameOf = async () => taskContext().name;
      export const here = rlTask("here", nameOf);
      export const tasks = [
        here,
        rlTask("in-a-thread", { isolate: "thread" }, nameOf),
        rlTask("in-a-process", { isolate: "process" }, nameOf),
        rlTask("parent", async () => (await (await tasks[0]!.apush()).result()) as string),
      ];`,
    );
    writeFileSync(
      app,
      `import { createRelier, createWorker } from "${npm.name}";
      import { tasks } from "./tasks.ts";
      async function main() {
        const rl = createRelier({ redis: "${server.url}", logger: false });
        const worker = createWorker(rl, { modules: ["${pathToFileURL(tasks).href}"] });
        worker.on("error", ({ error }) => console.log(error));
        await worker.start();
        for (const task of tasks) console.log(await (await task.apush()).result({ timeout: "20s" }));
        await worker.drain();
        await rl.close();
      }
      void main();`,
    );
    try {
      const said = consumer.run(process.execPath, ["--import", "tsx", app]);
      assert.deepEqual(said.split("\n"), ["here", "in-a-thread", "in-a-process", "here"]);
      const rl = join(installed, "dist", "cli", "main.js");
      const push = ["tasks", "push", "here", "--module", tasks, "--url", server.url];
      assert.match(consumer.run(process.execPath, [rl, ...push]), /^default~0~\S+$/);
    } finally {
      await server.kill();
    }
  });
}

test("the refusal on the edge names what to do instead, and does not show the URL", () => {
  const refusal = createRequire(import.meta.url)(
    join(installed, "dist", "adapters", "conditions", "client_none.js"),
  );
  assert.throws(() => refusal.connect("redis://:secret@host"), (error: Error) => {
    assert.match(error.message, /pass a port, e\.g\. upstash\(\{ url, token \}\)/);
    assert.doesNotMatch(error.message, /secret/);
    return true;
  });
});

test("the compiled package bundles for the edge without any client", async () => {
  const { metafile } = await build({
    stdin: { contents: `export * from "${npm.name}";`, resolveDir: folder },
    absWorkingDir: folder,
    bundle: true,
    conditions: ["workerd"],
    format: "esm",
    logLevel: "silent",
    metafile: true,
    platform: "browser",
    write: false,
  });
  const clients = Object.keys(metafile.inputs).filter((path) =>
    /\bioredis\b|adapters\/(?!conditions\/(client|node)_none\.js)/.test(path)
  );
  assert.deepEqual(clients, []);
});
