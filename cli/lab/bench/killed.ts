/**
 * The task of the recovery bench: it outlasts its first worker.
 *
 * @module
 */

import { rlTask, type Task, taskContext } from "../../../mod.ts";

/** What a process that is to be killed is told. */
export interface KilledSetup {
  readonly redis: string;
  readonly prefix: string;
}

/** The queue of the recovery bench. */
export const queue = "recovery";

/** Runs until its worker is killed; the next one completes it. */
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
