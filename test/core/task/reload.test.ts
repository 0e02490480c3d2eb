/**
 * Modules that are evaluated again in one process, as development servers and test runners do.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { after, test } from "node:test";
import { pathToFileURL } from "node:url";
import { runInThisContext } from "node:vm";
import { build } from "esbuild";
import { memory } from "../../../adapters/memory.ts";
import { createRelier, createWorker, rlTask, type Task } from "../../../mod.ts";
import { root } from "../../support/tree.ts";

const folder = mkdtempSync(join(tmpdir(), "relier-reload-"));
after(() => rmSync(folder, { recursive: true, force: true }));
// The written modules define their tasks with the package of this test, compiled or not.
Object.assign(globalThis, { relierUnderTest: { rlTask } });
let evaluations = 0;

/** Writes `code` into `file`, and evaluates it as a new version of that module. */
async function evaluate(file: string, code: string): Promise<Record<string, Task>> {
  const path = join(folder, file);
  writeFileSync(path, `const { rlTask } = globalThis.relierUnderTest;\n${code}`);
  return await import(`${pathToFileURL(path).href}?t=${++evaluations}`);
}

/** Runs `run` as a deployed application does. */
async function inProduction(run: () => Promise<void>): Promise<void> {
  const before = process.env["NODE_ENV"];
  process.env["NODE_ENV"] = "production";
  try {
    await run();
  } finally {
    if (before === undefined) delete process.env["NODE_ENV"];
    else process.env["NODE_ENV"] = before;
  }
}

const mail = (version: number, above = ""): string =>
  `${above}export const mail = rlTask("mail", { queue: "q${version}" }, async () => "version ${version}");`;

test(
  "an edited module replaces its tasks: workers, clients and old imports run the new handler",
  async () => {
    const first = await evaluate("tasks.mjs", mail(1));
    await using rl = createRelier({ redis: memory(), tasks: [first["mail"]!] });
    await using worker = createWorker(rl, { queues: ["q1", "q2"], handleSignals: false });
    await worker.start();
    assert.equal(await first["mail"]!.call(), "version 1");
    const second = await evaluate("tasks.mjs", mail(2, "// a line above\n"));
    for (const task of [first["mail"]!, second["mail"]!]) {
      assert.equal(await task(), "version 2");
      const handle = await task.apush();
      assert.match(handle.id, /^q2~/);
      assert.equal(await handle.result(), "version 2");
    }
  },
);

test("a name that another file has is refused, with that file", async () => {
  await evaluate("mine.mjs", `rlTask("owned", async () => 1);`);
  await assert.rejects(evaluate("other.mjs", `rlTask("owned", async () => 2);`), {
    name: "TypeError",
    message: /"owned": the name is taken .*mine\.mjs; choose another/,
  });
});

test("a name that comes twice in one file is refused", async () => {
  const twice = `rlTask("two", async () => 1); rlTask("two", async () => 2);`;
  await assert.rejects(evaluate("twice.mjs", twice), /"two": the name is taken/);
});

test("a version that is evaluated under the URL of a file replaces the one under its path", async () => {
  const path = join(folder, "[root]chunk.js");
  const evaluateAs = (filename: string, version: number): Task =>
    runInThisContext(`relierUnderTest.rlTask("chunk", async () => ${version})`, { filename });
  const first = evaluateAs(path, 1);
  await Promise.resolve();
  const url = pathToFileURL(path).href.replace("[", "%5B");
  evaluateAs(`${url}?id=%5Bproject%5D/app/tasks.ts`, 2);
  assert.equal(await first(), 2);
});

test("a package that is evaluated again with a module pushes through the client there is, and its worker runs the new handler", async () => {
  const { outputFiles } = await build({
    absWorkingDir: root,
    bundle: true,
    conditions: ["workerd", "module"],
    entryPoints: ["mod.ts"],
    format: "esm",
    target: "es2022",
    write: false,
  });
  const copy = async (version: number) => {
    const path = join(folder, `copy${version}.mjs`);
    writeFileSync(path, outputFiles[0]!.text);
    const copied = await import(pathToFileURL(path).href);
    Object.assign(globalThis, { copied });
    const code = `export const card = globalThis.copied.rlTask("card", async () => ${version});`;
    const { card } = await evaluate("card.mjs", code);
    return { ...copied as typeof import("../../../mod.ts"), card: card! };
  };
  const first = await copy(1);
  await using rl = first.createRelier({ redis: memory() });
  await using worker = first.createWorker(rl, { handleSignals: false });
  await worker.start();
  assert.equal(await first.card.call(), 1);
  const second = await copy(2);
  assert.equal(await second.card.call(), 2);
});

test("in production nothing is reloaded, so a name that comes again is refused", async () => {
  await evaluate("deployed.mjs", `rlTask("deployed", async () => 1);`);
  await inProduction(() =>
    assert.rejects(evaluate("deployed.mjs", `rlTask("deployed", async () => 2);`), TypeError)
  );
});

test("the copies of a module that Next.js compiles into a page and a route are one task", async () => {
  const chunks = join(".next", "server", "chunks");
  mkdirSync(join(folder, chunks, "ssr"), { recursive: true });
  await inProduction(async () => {
    const route = await evaluate(join(chunks, "a.mjs"), mail(3).replaceAll("mail", "next"));
    const page = await evaluate(join(chunks, "ssr", "b.mjs"), mail(3).replaceAll("mail", "next"));
    assert.equal(await route["next"]!(), await page["next"]!());
    await assert.rejects(evaluate("outside.mjs", mail(4).replaceAll("mail", "next")), TypeError);
  });
});
