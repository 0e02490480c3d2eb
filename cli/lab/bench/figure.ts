/**
 * Figures of a benchmark, with their spread.
 *
 * @module
 */

import { percentile } from "../spread.ts";

/** One figure: the median round of rates, three percentiles of times. */
export interface Figure {
  readonly metric: string;
  readonly unit: "tasks/s" | "tasks" | "µs" | "ms" | "bytes" | "%";
  readonly p50: number;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly min: number;
  readonly max: number;
  /** The number of measurements. */
  readonly n: number;
}

/** The figure of a few rounds. */
export function ofRounds(metric: string, unit: Figure["unit"], values: readonly number[]): Figure {
  return { ...spread(metric, unit, values), p95: null, p99: null };
}

/** The figure of many times. */
export function ofTimes(metric: string, values: readonly number[]): Figure {
  return spread(metric, "ms", values);
}

function spread(metric: string, unit: Figure["unit"], values: readonly number[]): Figure {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number): number => percentile(sorted, share);
  return {
    metric,
    unit,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    min: sorted[0] ?? NaN,
    max: at(1),
    n: sorted.length,
  };
}

/** A number with its significant digits. */
export function digits(value: number | null): string {
  if (value === null) return "";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 2);
}
