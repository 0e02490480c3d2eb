/**
 * Example tasks of a cluster that was started without modules.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { rlTask, type Task, taskContext } from "../../mod.ts";

/** Returns a greeting. */
export const hello: Task<"hello", [name?: string], string> = rlTask(
  "hello",
  (name = "world") => `hello ${name}`,
);

/** Counts to `n`, one a second: long enough to kill its worker. */
export const count: Task<"count", [n?: number], number> = rlTask("count", async (n = 10) => {
  const ctx = taskContext<number>();
  for (let i = ctx.previous?.partialResult ?? 0; i < n; i++) {
    await pause(1000, undefined, { signal: ctx.signal });
    ctx.partialResult = i + 1;
    ctx.progress((100 * (i + 1)) / n);
  }
  return n;
});

/** Sleeps; `rl chaos` interrupts it. */
export { sleepTask } from "../lab/sleep_task.ts";
