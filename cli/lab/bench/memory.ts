/**
 * Memory of a task in Redis.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Series } from "./series.ts";

/** Memory hardly varies, so one round less is enough. */
const fewerRounds = 1;

/** Bytes of a waiting, a running and a completed task. */
export function memory({ tasks, rounds, entrants }: Effort): Series[] {
  return [{
    title: "memory of tasks",
    entrants,
    rounds: Math.max(1, rounds - fewerRounds),
    plan: () => ({ kind: "memory", tasks: 2 * tasks }),
    figures: [
      { key: "waiting", name: "a waiting task takes", unit: "bytes" },
      { key: "running", name: "a running task takes", unit: "bytes" },
      // Queues that remove finished tasks need no memory for them, so a ratio says nothing.
      { key: "completed", name: "a completed task takes", unit: "bytes", ratio: false },
    ],
  }];
}
