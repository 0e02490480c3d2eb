/**
 * A task to be interrupted, for workers that have nothing else to do.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { rlTask, type Task, taskContext } from "../../mod.ts";

/** Sleeps for `ms`, and tells which run it was. */
export const sleep: Task<"chaos.sleep", [key: string, ms: number], { fence: number }> = rlTask(
  "chaos.sleep",
  { idempotent: (key) => key },
  async (_key: string, ms: number) => {
    const { signal, fence } = taskContext();
    await pause(ms, undefined, { signal });
    return { fence };
  },
);
