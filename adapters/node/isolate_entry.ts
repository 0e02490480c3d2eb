/**
 * The inside of an isolate on Node.js: what carries its messages, and what keeps
 * an isolated process from outliving its worker.
 *
 * @module
 */

import process from "node:process";
import { parentPort, Worker } from "node:worker_threads";
import { createIsolate } from "../../core/threads/isolate_entry.ts";
import type { FromIsolate, ToIsolate } from "../../core/threads/isolate_messages.ts";
import { reopen } from "./reopen_port.ts";
import { listening } from "./thread_channel.ts";
import { isForeign, tsxNear } from "./tsx_loader.ts";

const say = (message: FromIsolate): void => {
  if (parentPort) parentPort.postMessage(message);
  else process.send!(message, undefined, undefined, () => {}); // Nobody may be left to tell.
};
const hear = createIsolate(say, reopen, async (module) => {
  // What compiles TypeScript in a process does so in its threads from Node 22.14 on only.
  if (parentPort && isForeign(module)) (await tsxNear(module))?.register();
  await import(module);
});

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
