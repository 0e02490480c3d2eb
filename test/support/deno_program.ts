/**
 * A program on Deno, started with few permissions: `call` asks Redis something
 * and says what came of it; `work` is a worker that says what happens to it. The
 * URL of Redis follows. Imported, it only defines the task.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker, rlTask, type Task } from "../../mod.ts";

/** Takes `ms`; `blocking`, the event loop stands still meanwhile. */
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
  const worker = createWorker(createRelier({ redis: redis! }), { lease: 1_000 });
  worker.on("error", ({ error }) => console.log(String(error)));
  await worker.start();
  console.log("ready");
}
