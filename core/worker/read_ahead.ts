/**
 * The number of tasks that a worker holds ready beyond its slots. While its tasks are quick and
 * more are ready, a call to Redis takes longer than a task, so a worker with few slots holds some.
 *
 * @module
 */

import type { Setup } from "./worker_options.ts";

/** The number of tasks to hold ready. */
export interface ReadAhead {
  /** The most claims that may wait for a slot; `plenty` if the last call got all it asked for. */
  most(plenty: boolean): number;
  /** True if the user set no `prefetch`: then claims do not wait for long. */
  readonly automatic: boolean;
  /** A task took `ms`. */
  ran(ms: number): void;
}

/** A task that takes longer is not quick. About the time of a few calls to Redis. */
const quickMs = 2;
/** The claims of a worker with few slots, in all. More cost as much, because Redis works on half. */
const worthwhile = 20;
/**
 * Runs until the average counts. A task that kills its process comes back in this time, while
 * none is held: a task that is lost before Redis knows of its start is not charged.
 */
const warmUp = 500;

/** Makes the number for the `prefetch` of a worker, or the best number if that is undefined. */
export function createReadAhead({ prefetch, concurrency }: Setup, bounded: boolean): ReadAhead {
  const many = bounded ? 0 : Math.max(0, worthwhile - concurrency);
  let runs = 0;
  let averageMs = 0;
  return {
    automatic: prefetch === undefined,
    most: (plenty) => prefetch ?? (plenty && runs >= warmUp && averageMs < quickMs ? many : 0),
    ran(ms) {
      runs++;
      averageMs += (ms - averageMs) / 16;
    },
  };
}
