/**
 * A worker as a reader of the README would write it, for the runtime that runs this
 * file. It prints its progress.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker, rlTask, taskContext } from "../../mod.ts";

const nap = rlTask("nap", async (key: string, ms: number) => {
  const { attempt, signal } = taskContext();
  console.log(`start ${key} ${attempt}`);
  await new Promise<void>((resolve, reject) => {
    setTimeout(resolve, ms);
    signal.addEventListener("abort", () => reject(signal.reason));
  });
  return `${key} by ${process.pid}`;
});

const worker = createWorker(createRelier({ tasks: [nap], logger: false }), {
  concurrency: 10,
  drainTimeout: "1s",
});
await worker.start();
console.log("ready");
await worker.stopped;
console.log("stopped");
