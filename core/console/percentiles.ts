/**
 * Percentiles of what workers met lately.
 *
 * @module
 */

import type { Buckets, Timings } from "../../mod.ts";
import type { WorkerStatus } from "./worker_list.ts";

/** The 95th percentile in ms of how long tasks waited or ran lately, on one queue or on all. */
export function p95Of(
  fleet: readonly WorkerStatus[],
  what: keyof Timings,
  queue?: string,
): number | null {
  const met = fleet.flatMap(({ timings }) =>
    queue === undefined ? [...timings.values()] : timings.get(queue) ?? []
  );
  return quantileOf(met.map((each) => each[what]), 0.95);
}

/**
 * The `q`-quantile in ms of what all of them hold, such as 0.95 for the 95th
 * percentile: the geometric middle of its bucket, so at most 9 % off. `null`
 * where there is nothing.
 */
export function quantileOf(all: readonly Buckets[], q: number): number | null {
  const met = all.flatMap((buckets) => Object.entries(buckets))
    .map(([bucket, n]) => [Number(bucket), n] as const)
    .sort(([a], [b]) => a - b);
  let left = q * met.reduce((sum, [, n]) => sum + n, 0);
  for (const [bucket, n] of met) {
    left -= n;
    if (left <= 0) return 2 ** ((bucket - 0.5) / 4);
  }
  return null;
}
