/**
 * The inside of an isolate on Node.js: what carries its messages, and what keeps
 * an isolated process from outliving its worker.
 *
 * @module
 */

import { createRequire } from "node:module";
import process from "node:process";
import { pathToFileURL } from "node:url";
import { parentPort, Worker } from "node:worker_threads";
import { createIsolate, type FromIsolate, type ToIsolate } from "../core/isolate.ts";
import { reopen } from "./node_reopen.ts";
import { listening } from "./node_line.ts";

const say = (message: FromIsolate): void => {
  if (parentPort) parentPort.postMessage(message);
  else process.send!(message, undefined, undefined, () => {}); // Nobody may be left to tell.
};
const hear = createIsolate(say, reopen, async (module) => {
  if (parentPort && /\.[cm]?tsx?$/.test(module)) await compileWithTsx(module);
  await import(module);
});

/**
 * Has the project's tsx compile in this thread, too: before Node 22.14 it does so in the main one
 * only. Without a tsx, or where nothing has to be compiled, it is left as it is.
 */
async function compileWithTsx(module: string): Promise<void> {
  const { bun, deno } = process.versions;
  if (bun || deno || (process.features as { typescript?: unknown }).typescript) return;
  const require = createRequire(module);
  try {
    require("tsx/cjs/api").register();
    // What `require` finds of the other one does not find its own hooks.
    const esm = pathToFileURL(require.resolve("tsx/esm/api")).href.replace(/\.cjs$/, ".mjs");
    (await import(esm)).register();
  } catch {
    // The import says what cannot be read.
  }
}

if (parentPort) {
  parentPort.on("message", hear);
  parentPort.postMessage(listening);
} else {
  process.on("message", (message) => hear(message as ToIsolate));
  process.on("disconnect", () => process.exit());
  // A signal to the whole group is the worker's to hear: it decides how long this goes on.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
  // A handler that never lets go of the event loop would not see that its worker is gone.
  new Worker(
    `const { ppid } = process;
    setInterval(() => process.ppid === ppid || process.kill(process.pid, "SIGKILL"), 500);`,
    { eval: true, execArgv: [], name: "relier watch" },
  ).unref();
}
