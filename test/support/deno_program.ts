/**
 * A program on Deno that runs with few permissions. `call` sends a command to Redis and
 * prints the outcome; `work` runs a worker that prints its events. The second argument
 * is the URL of Redis. An import only defines the task.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker, rlTask, type Task } from "../../mod.ts";

/** Takes `ms`, and blocks the event loop meanwhile if `blocking`. */
export const toil: Task<"toil", [ms: number, blocking: boolean], number> = rlTask(
  "toil",
  { resultTtl: "10m" },
  async (ms: number, blocking: boolean) => {
    if (role === "work") console.log("begun");
    const until = performance.now() + ms;
    while (blocking && performance.now() < until);
    if (!blocking) await new Promise((resolve) => setTimeout(resolve, ms));
    return process.pid;
  },
);

const [role, redis] = process.argv.slice(2);
if (role === "call") await call();
else if (role === "work") await work();

async function call(): Promise<void> {
  const rl = createRelier(redis ? { redis } : {});
  const said = await rl.queue("default").stats().then(() => "fine", (error) => String(error));
  console.log(said);
  await rl.close();
}

async function work(): Promise<void> {
  const worker = createWorker(createRelier({ redis: redis!, logger: false }), { lease: 1_000 });
  worker.on("error", ({ error }) => console.log(String(error)));
  await worker.start();
  console.log("ready");
}
