/**
 * A task to interrupt, for workers that have no other work.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { rlTask, type Task, taskContext } from "../../mod.ts";

/** Sleeps for `ms`; its result names the run. */
export const sleepTask: Task<"chaos.sleep", [key: string, ms: number], { fence: number }> = rlTask(
  "chaos.sleep",
  { idempotent: (key) => key },
  async (_key: string, ms: number) => {
    const { signal, fence } = taskContext();
    await sleep(ms, undefined, { signal });
    return { fence };
  },
);
