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
const batch = 1_000;
/** The share of the tasks that is pushed first, and not measured. */
const warmUp = 0.5;

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

/** Pushes from all producers while `more()`. */
export function produce(opened: Contestant, more: () => boolean): Promise<unknown> {
  return Promise.all(Array.from({ length: producers }, async () => {
    while (more()) await opened.push();
  }));
}

const ways: Record<PushPlan["way"], (opened: Contestant, n: number) => Promise<unknown>> = {
  async awaited(opened, n) {
    for (let i = 0; i < n; i++) await opened.push();
  },
  concurrent(opened, n) {
    let left = n;
    return produce(opened, () => left-- > 0);
  },
  bulk: pushBatches,
};

/** Pushes `n` tasks in batches, one after the other. */
export async function pushBatches(opened: Contestant, n: number): Promise<void> {
  for (let left = n; left > 0; left -= batch) await opened.pushMany(Math.min(batch, left));
}
