/**
 * Measures pushes: one after the other, by many producers at once, and in batches.
 *
 * @module
 */

import type { Contestant } from "./contestants/contestant.ts";
import type { PushPlan, Reading } from "./measurement.ts";
import { costBetween, type Meter } from "./meter.ts";

/** Producers that push at once. */
const producers = 100;
/** Tasks of a batch. */
export const batch = 1_000;
/** The share of the tasks that is pushed first, and not measured. */
const warmUp = 0.2;

/** Measures `plan.tasks` pushes. */
export async function measurePush(
  opened: Contestant,
  meter: Meter,
  { way, tasks }: PushPlan,
): Promise<Reading> {
  const push = ways[way];
  await push(opened, Math.ceil(tasks * warmUp));
  const before = await meter.totals();
  await push(opened, tasks);
  return { ...costBetween(before, await meter.totals(), tasks) };
}

const ways: Record<PushPlan["way"], (opened: Contestant, n: number) => Promise<unknown>> = {
  async awaited(opened, n) {
    for (let i = 0; i < n; i++) await opened.push();
  },
  concurrent(opened, n) {
    let left = n;
    return Promise.all(Array.from({ length: producers }, async () => {
      while (left-- > 0) await opened.push();
    }));
  },
  async bulk(opened, n) {
    for (let left = n; left > 0; left -= batch) await opened.pushMany(Math.min(batch, left));
  },
};
