/**
 * A process with a worker, and with what its first argument names: `alone`, `own handler` for a
 * graceful shutdown of its own, `listening` for listeners that do nothing, `own code` for an exit
 * code of its own, `crowd` for a handler that needs longer than the worker. Says when its task
 * runs, and what came of it.
 *
 * @module
 */

import { createServer } from "node:http";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createRelier, createWorker, rlTask } from "../../mod.ts";

const [role, redis] = process.argv.slice(2);
const rl = createRelier({ redis: redis!, logger: false });
const worker = createWorker(rl, { drainTimeout: "20s" });

const slow = rlTask("slow-in-a-leaving-process", async () => {
  console.log("running");
  await sleep(1500);
  console.log("finished");
});

worker.on("handedOff", () => console.log("handed off"));
await worker.start();

if (role === "own handler") {
  const server = createServer((_request, response) => response.end("ok")).listen(0, "127.0.0.1");
  process.once("SIGTERM", async () => {
    const { completed } = await worker.drain();
    await rl.close();
    await sleep(500); // A cleanup that takes longer than the drain.
    server.close();
    console.log(`cleaned up after ${completed}`);
  });
} else if (role === "listening") {
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => {});
} else if (role === "own code") {
  process.exitCode = 3;
}

await slow.apush();
