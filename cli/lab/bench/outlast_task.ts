/**
 * The task of the recovery benchmark: it outlasts its first worker.
 *
 * @module
 */

import { rlTask, type Task, taskContext } from "../../../mod.ts";

/** The queue of the recovery benchmark. */
export const queue = "recovery";

/** Runs until its worker is killed; the next worker completes it. */
export const outlast: Task<"outlast", [], void> = rlTask(
  "outlast",
  { queue, maxResurrections: 5 },
  async () => {
    const { resurrections, signal } = taskContext();
    if (resurrections > 0) return;
    await new Promise((_, reject) => {
      signal.addEventListener("abort", () => reject(signal.reason), { once: true });
    });
  },
);
