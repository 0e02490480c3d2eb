/**
 * What a cluster runs that was given no tasks: something to push to it.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { rlTask, type Task, taskContext } from "../../mod.ts";

/** Greets, at once. */
export const hello: Task<"hello", [name?: string], string> = rlTask(
  "hello",
  (name = "world") => `hello ${name}`,
);

/** Counts to `n` and takes its time, so that there is something to kill. */
export const count: Task<"count", [n?: number], number> = rlTask("count", async (n = 10) => {
  const ctx = taskContext<number>();
  for (let i = ctx.previous?.partialResult ?? 0; i < n; i++) {
    await pause(1000, undefined, { signal: ctx.signal });
    ctx.partialResult = i + 1;
    ctx.progress((100 * (i + 1)) / n);
  }
  return n;
});

/** Sleeps, to be interrupted by `rl chaos`. */
export { sleepTask } from "../lab/sleep_task.ts";
