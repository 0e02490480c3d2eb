/**
 * The events of a worker that are counted.
 *
 * @module
 */

import type { Worker } from "../../mod.ts";

const counted = [
  "completed",
  "failed",
  "dead",
  "deferred",
  "handedOff",
  "cancelled",
  "fenced",
  "resurrected",
] as const;

/** Number of events by name. */
export type Totals = Readonly<Record<typeof counted[number], number>>;

/** Totals of zero. */
export const noTotals: Totals = Object.fromEntries(counted.map((name) => [name, 0])) as Totals;

/** Counts the events of `worker` from now on. */
export function createEventCounter(worker: Worker): { totals(): Totals } {
  const totals = { ...noTotals };
  for (const name of counted) worker.on(name, () => totals[name]++);
  return { totals: () => ({ ...totals }) };
}

/** Adds two totals. */
export function addTotals(one: Totals, other: Totals): Totals {
  const all = { ...one };
  for (const name of counted) all[name] += other[name];
  return all;
}
