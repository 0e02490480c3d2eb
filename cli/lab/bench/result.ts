/**
 * A result of a benchmark: the value of Relier, beside the floor and the peers.
 *
 * @module
 */

import { percentile } from "../spread.ts";

/** A unit. More is better for rates, less is better for everything else. */
export type Unit =
  | "tasks/s"
  | "tasks"
  | "µs"
  | "ms"
  | "bytes"
  | "%"
  | "commands"
  | "commands/s";

/** One result. A ratio is the value of Relier divided by the other one, in the same round. */
export interface Result {
  readonly name: string;
  readonly unit: Unit;
  /** The median. */
  readonly value: number;
  /** The least and the greatest value. */
  readonly spread: readonly [min: number, max: number];
  /** The median of the floor. */
  readonly floor?: number;
  /** The median of each peer. */
  readonly peers: Readonly<Record<string, number>>;
  /** The median of the ratios of all rounds, by contestant. */
  readonly ratio: Readonly<Record<string, number>>;
  /** The bounds of each ratio, and of the value. */
  readonly budget?: Readonly<Record<string, string>>;
  /** True if every bound that could be measured holds. */
  readonly ok?: boolean;
}

/** True if a greater value is the better one. */
export function moreIsBetter(unit: Unit): boolean {
  return unit === "tasks/s";
}

/** The result of a few rounds. */
export function ofRounds(name: string, unit: Unit, values: readonly number[]): Result {
  return { name, unit, value: median(values), spread: spreadOf(values), peers: {}, ratio: {} };
}

/**
 * The results of many times in ms: the median, and the 99th percentile. The median has a
 * ratio to that of each of `others`.
 */
export function ofTimes(
  name: string,
  times: readonly number[],
  others: Readonly<Record<string, readonly number[]>> = {},
): Result[] {
  const at = (of: readonly number[], share: number): number =>
    percentile(of.toSorted((a, b) => a - b), share);
  const spread = spreadOf(times);
  const p50 = at(times, 0.5);
  const ratios = Object.entries(others).map(([other, each]) => [other, p50 / at(each, 0.5)]);
  return [
    {
      ...{ name: `${name}, p50`, unit: "ms", value: p50, spread, peers: {} },
      ratio: Object.fromEntries(ratios),
    },
    {
      ...{ name: `${name}, p99`, unit: "ms", value: at(times, 0.99), spread },
      ...{ peers: {}, ratio: {} },
    },
  ];
}

/** The values of one contestant, round by round; undefined where it failed. */
export type Rounds = readonly (number | undefined)[];

/** The result of alternating rounds of Relier and `others`. */
export function ofAlternating(
  name: string,
  unit: Unit,
  ours: readonly number[],
  others: Readonly<Record<string, Rounds>>,
): Result {
  const floor: { floor?: number } = {};
  const peers: Record<string, number> = {}, ratio: Record<string, number> = {};
  for (const [other, rounds] of Object.entries(others)) {
    const values = rounds.filter((value) => value !== undefined);
    if (values.length === 0) continue;
    if (other === "floor") floor.floor = median(values);
    else peers[other] = median(values);
    const ratios = rounds.flatMap((value, round) =>
      value === undefined || value === 0 ? [] : [ours[round]! / value]
    );
    if (ratios.length > 0) ratio[other] = median(ratios);
  }
  return { ...ofRounds(name, unit, ours), ...floor, peers, ratio };
}

/** The median; the mean of the middle two of an even number of values. */
function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  return (sorted[Math.ceil(middle) - 1]! + sorted[Math.floor(middle)]!) / 2;
}

function spreadOf(values: readonly number[]): [number, number] {
  return [Math.min(...values), Math.max(...values)];
}

/** A number with its significant digits. */
export function digits(value: number | undefined): string {
  if (value === undefined) return "";
  if (value >= 100) return Math.round(value).toLocaleString("en");
  return value.toFixed(value >= 10 ? 1 : 2);
}
