/**
 * Percentiles of recent waits and runs, as workers report them.
 *
 * @module
 */

import type { Buckets, Timings } from "../../mod.ts";
import type { WorkerStatus } from "./worker_list.ts";

/** 95th percentile in ms of recent waits or runs, of one queue or of all. */
export function p95Of(
  workers: readonly WorkerStatus[],
  what: keyof Timings,
  queue?: string,
): number | null {
  const timings = workers.flatMap(({ timings }) =>
    queue === undefined ? [...timings.values()] : timings.get(queue) ?? []
  );
  return quantileOf(timings.map((each) => each[what]), 0.95);
}

/**
 * The `q`-quantile in ms of all buckets together, such as 0.95 for the 95th
 * percentile: the geometric middle of its bucket, so at most 9 % off. `null`
 * if they are empty.
 */
export function quantileOf(all: readonly Buckets[], q: number): number | null {
  const buckets = all.flatMap((buckets) => Object.entries(buckets))
    .map(([bucket, n]) => [Number(bucket), n] as const)
    .sort(([a], [b]) => a - b);
  let left = q * buckets.reduce((sum, [, n]) => sum + n, 0);
  for (const [bucket, n] of buckets) {
    left -= n;
    if (left <= 0) return 2 ** ((bucket - 0.5) / 4);
  }
  return null;
}

/**
 * The `q`-quantile in ms of buckets of which number `n` ends at 2^n ms, at most `max`; between the
 * bounds of a bucket, times are taken to be spread evenly on a logarithmic scale. `null` if they
 * are empty.
 */
export function quantileWithin(buckets: Buckets, q: number, max: number): number | null {
  const sorted = Object.entries(buckets).map(([bucket, n]) => [Number(bucket), n] as const)
    .sort(([a], [b]) => a - b);
  let left = q * sorted.reduce((sum, [, n]) => sum + n, 0);
  for (const [bucket, n] of sorted) {
    if (left <= n) return Math.min(max, 2 ** (bucket - 1 + left / n));
    left -= n;
  }
  return null;
}
