/**
 * The isolate's side on Node.js: carries its messages, and keeps an isolated
 * process from outliving its worker.
 *
 * @module
 */

import process from "node:process";
import { parentPort, Worker } from "node:worker_threads";
import { createIsolate } from "../../core/threads/isolate_entry.ts";
import type { ToIsolate } from "../../core/threads/isolate_messages.ts";
import { reopen } from "./reopen_port.ts";
import { listening } from "./thread_channel.ts";
import { isForeign, tsxNear } from "./tsx_loader.ts";

const receive = createIsolate({
  post(message) {
    if (parentPort) parentPort.postMessage(message);
    else process.send!(message, undefined, undefined, () => {}); // The worker may be gone.
  },
  reopen,
  async load(module) {
    // The compiler of TypeScript in a process reaches its threads from Node 22.14 on only.
    if (parentPort && isForeign(module)) (await tsxNear(module))?.register();
    await import(module);
  },
});

if (parentPort) {
  parentPort.on("message", receive);
  parentPort.postMessage(listening);
} else {
  process.on("message", (message) => receive(message as ToIsolate));
  process.on("disconnect", () => process.exit());
  // The worker decides how this process ends: a signal to the whole group is for the worker.
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => {});
  // A handler that blocks the event loop would not see that its worker is gone.
  new Worker(
    `const { ppid } = process;
    setInterval(() => process.ppid === ppid || process.kill(process.pid, "SIGKILL"), 500);`,
    { eval: true, execArgv: [], name: "relier watch" },
  ).unref();
}
