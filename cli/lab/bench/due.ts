/**
 * Scheduled tasks that are all due at once, beside tasks that waited.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Variants } from "./variants.ts";

/** Multiplies the tasks: a sweep makes many of them ready at once. */
const weight = 5;

/** Tasks that waited, and tasks that were scheduled. */
export function due({ tasks: base, rounds }: Effort): Variants[] {
  const tasks = weight * base;
  return [{
    title: "tasks that are due at once",
    rounds,
    base: "waiting",
    variants: [
      { label: "waiting", plan: { kind: "work", concurrency: 50, tasks, handlerMs: 0 } },
      { label: "due at once", plan: { kind: "due", tasks } },
    ],
    figures: [{ key: "perSecond", name: "a backlog of no-op tasks", unit: "tasks/s" }],
  }];
}
