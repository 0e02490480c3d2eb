/**
 * How often each thing happened to a worker.
 *
 * @module
 */

import type { Worker } from "../../mod.ts";

/** What is counted. */
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

/** How often each of them happened. */
export type Totals = Readonly<Record<typeof counted[number], number>>;

/** Nothing has happened. */
export const noTotals: Totals = Object.fromEntries(counted.map((name) => [name, 0])) as Totals;

/** Counts what happens to `worker` from now on. */
export function createEventCounter(worker: Worker): { totals(): Totals } {
  const totals = { ...noTotals };
  for (const name of counted) worker.on(name, () => totals[name]++);
  return { totals: () => ({ ...totals }) };
}

/** Both together. */
export function addTotals(one: Totals, other: Totals): Totals {
  const all = { ...one };
  for (const name of counted) all[name] += other[name];
  return all;
}
