/**
 * Latency of a task with an idle worker.
 *
 * @module
 */

import type { Effort } from "./effort.ts";
import type { Series } from "./series.ts";

/** A short latency needs more rounds than a rate. */
const moreRounds = 2;
const tasks = 100;

/** The time from a push to the handler. */
export function latency({ rounds, entrants }: Effort): Series[] {
  const name = "push to handler, idle worker";
  return [{
    title: name,
    entrants,
    rounds: moreRounds * rounds,
    plan: () => ({ kind: "latency", tasks }),
    figures: [
      { key: "p50", name: `${name}, p50`, unit: "ms" },
      { key: "p99", name: `${name}, p99`, unit: "ms", ratio: false },
    ],
  }];
}
