/**
 * Throughput of pushes, and the cost of a push.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { PushPlan } from "./measurement.ts";
import type { Series } from "./series.ts";

/** The ways to push, and the share of the tasks for each. */
const ways: readonly (readonly [way: PushPlan["way"], name: string, share: number])[] = [
  ["awaited", "push, one by one", 0.2],
  ["concurrent", "push, 100 at once", 1],
  ["bulk", "push, batches of 1000", 1],
];

/** Pushes one by one, by 100 producers at once, and in batches. */
export function push({ tasks, rounds, entrants }: Effort): Series[] {
  return ways.map(([way, name, share]) => ({
    title: name,
    entrants,
    rounds,
    plan: (weight) => ({ kind: "push", way, tasks: Math.ceil(tasks * share * weight) }),
    figures: [
      { key: "perSecond", name, unit: "tasks/s" },
      { key: "redisUs", name: `Redis CPU, ${name}`, unit: "µs" },
      { key: "nodeUs", name: `Node CPU, ${name}`, unit: "µs" },
      { key: "commands", name: `Redis commands, ${name}`, unit: "commands" },
    ],
  }));
}
