/**
 * Compares the ratios of a run with those of an earlier one. Figures without a ratio
 * depend on the machine, and are not compared.
 *
 * @module
 */

import { readFileSync } from "node:fs";
import { array, looseObject, number, parse, record, string } from "valibot";
import { CliError } from "../../framework/cli_error.ts";
import { moreIsBetter, type Result } from "./result.ts";

/** A ratio that fell. */
export interface Fall {
  readonly name: string;
  /** The contestant of the ratio. */
  readonly to: string;
  readonly before: number;
  readonly now: number;
}

/** The results of an earlier run. */
export type Earlier = readonly Pick<Result, "name" | "ratio">[];

/** The contestants whose ratios are compared. */
const compared = ["floor", "bullmq"];

/** Reads the output of `rl bench --json` from `path`. @throws {CliError} 2 */
export function readEarlier(path: string): Earlier {
  try {
    const results = array(looseObject({ name: string(), ratio: record(string(), number()) }));
    return parse(looseObject({ results }), JSON.parse(readFileSync(path, "utf8"))).results;
  } catch (cause) {
    throw new CliError(2, `Cannot read "${path}": it has no results of a benchmark`, {
      hint: "write it with rl bench --json",
      cause,
    });
  }
}

/** The ratios of `results` that are worse than before by more than the share `tolerance`. */
export function fallsOf(earlier: Earlier, results: readonly Result[], tolerance: number): Fall[] {
  return results.flatMap(({ name, unit, ratio }) => {
    const old = earlier.find((each) => each.name === name);
    return compared.flatMap((to): Fall[] => {
      const before = old?.ratio[to], now = ratio[to];
      if (before === undefined || now === undefined) return [];
      const kept = moreIsBetter(unit) ? now / before : before / now;
      return kept < 1 - tolerance ? [{ name, to, before, now }] : [];
    });
  });
}
