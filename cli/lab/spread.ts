/**
 * The spread of measured values.
 *
 * @module
 */

/** The spread of values. */
export interface Spread {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
}

/** The spread of `sorted` values; null if there are none. */
export function spreadOf(sorted: readonly number[]): Spread | null {
  if (sorted.length === 0) return null;
  const [p50, p95, max] = [0.5, 0.95, 1].map((share) => percentile(sorted, share));
  return { count: sorted.length, p50: p50!, p95: p95!, max: max! };
}

/**
 * The value at a share of `sorted`; NaN if there are none. The rank is rounded up, so
 * that the p99 of few values is their worst, never better.
 */
export function percentile(sorted: readonly number[], share: number): number {
  return sorted[Math.ceil(sorted.length * share) - 1] ?? NaN;
}
