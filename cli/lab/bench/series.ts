/**
 * A series: the same measurement of all contestants, in alternating rounds. Each round
 * measures each contestant once, in rotated order, and gives one ratio.
 *
 * @module
 */

import type { Lab } from "./lab.ts";
import type { ContestantName } from "./contestants/roster.ts";
import { roster } from "./contestants/roster.ts";
import type { Plan, Reading } from "./measurement.ts";
import { ofAlternating, type Result, type Unit } from "./result.ts";

/** One figure of a reading, and the name of its result. */
export interface FigureOf {
  readonly key: string;
  readonly name: string;
  readonly unit: Unit;
  /** False for a figure that is too unsteady for a ratio. */
  readonly ratio?: false;
}

/** A series of measurements. */
export interface Series {
  readonly title: string;
  readonly entrants: readonly ContestantName[];
  readonly rounds: number;
  /** Bytes of a payload; 100 by default. */
  readonly payloadBytes?: number;
  /** The measurement of a contestant; `weight` multiplies its tasks. */
  plan(weight: number): Plan;
  readonly figures: readonly FigureOf[];
}

/** Measures a series. A peer that fails is left out, with a note. */
export async function measureSeries(lab: Lab, series: Series): Promise<Result[]> {
  const { title, entrants, rounds, payloadBytes = 100, plan, figures } = series;
  const readings = new Map<ContestantName, (Reading | undefined)[]>(
    entrants.map((name) => [name, []]),
  );
  const failed = new Set<ContestantName>();
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < entrants.length; i++) {
      const name = entrants[(i + round) % entrants.length]!;
      lab.progress.step(title, `${name}, round ${round + 1} of ${rounds}`);
      let reading: Reading | undefined;
      try {
        const setup = { contestant: name, payloadBytes, plan: plan(roster[name].weight) };
        if (!failed.has(name)) reading = await lab.measure(setup);
      } catch (error) {
        lab.signal.throwIfAborted();
        if (name === "relier") throw error;
        failed.add(name);
        lab.progress.note(`${name} failed and is left out: ${(error as Error).message}`);
      }
      readings.get(name)![round] = reading;
    }
  }
  return figures.flatMap(({ key, name, unit, ratio }) => {
    const values = (of: ContestantName): (number | undefined)[] =>
      readings.get(of)!.map((reading) => reading?.[key]);
    const ours = values("relier") as number[];
    // An engine without the counter gives no number.
    if (ours.some((value) => !Number.isFinite(value))) return [];
    const others = entrants.filter((each) => each !== "relier").map((each) => [each, values(each)]);
    const result = ofAlternating(name, unit, ours, Object.fromEntries(others));
    return ratio === false ? [{ ...result, ratio: {} }] : [result];
  });
}
