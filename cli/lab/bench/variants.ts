/**
 * Variants: the same measurement of Relier at several sizes, or on several hosts, in
 * alternating rounds. Each figure has a ratio to that of the first variant in the same
 * round.
 *
 * @module
 */

import type { Lab, MeasureOptions } from "./lab.ts";
import type { Reading } from "./measurement.ts";
import { ofAlternating, type Result } from "./result.ts";
import type { FigureOf } from "./series.ts";

/** One variant. */
export interface Variant extends Omit<MeasureOptions, "contestant" | "payloadBytes"> {
  /** The end of the names of its results. */
  readonly label: string;
  /** Relier by default. */
  readonly contestant?: MeasureOptions["contestant"];
}

/** Variants to compare. */
export interface Variants {
  readonly title: string;
  readonly rounds: number;
  /** The variants; the first one is the base of the ratios. */
  readonly variants: readonly Variant[];
  /** The name of the base, as a ratio has it. */
  readonly base: string;
  readonly figures: readonly FigureOf[];
}

/** Measures each variant. */
export async function measureVariants(lab: Lab, compared: Variants): Promise<Result[]> {
  const { title, rounds, variants, base, figures } = compared;
  const readings: Reading[][] = variants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < variants.length; i++) {
      const nth = (i + round) % variants.length;
      const { label, contestant = "relier", ...options } = variants[nth]!;
      lab.progress.step(title, `${label}, round ${round + 1} of ${rounds}`);
      readings[nth]!.push(await lab.measure({ ...options, contestant, payloadBytes: 100 }));
    }
  }
  return figures.flatMap(({ key, name, unit, ratio }) => {
    const values = (nth: number): number[] => readings[nth]!.map((each) => each[key]!);
    const first = values(0);
    // An engine without the counter gives no number.
    if (first.some((value) => !Number.isFinite(value))) return [];
    return variants.map(({ label }, nth) => {
      const result = ofAlternating(`${name}, ${label}`, unit, values(nth), { [base]: first });
      return { ...result, peers: {}, ratio: nth > 0 && ratio !== false ? result.ratio : {} };
    });
  });
}
