/**
 * The world outside the samples: a bank, a post office, a table of rows. They
 * write each effect to the effect log.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { note } from "../support/effect_log.ts";

/** Charges the card of an order; resolves to the number of the charge. */
export async function chargeCard(order: string): Promise<string> {
  await sleep(5);
  note("charged", { key: order });
  return `ch_${order}`;
}

/** Sends a receipt. */
export async function sendReceipt(order: string, charge: string): Promise<void> {
  await sleep(5);
  note("receipt", { key: order, text: charge });
}

/** A row of a large job. */
export interface Row {
  readonly n: number;
  readonly total: number;
}

/** Number of times a job asked for its rows. */
const asked = new Map<string, number>();

/**
 * The rows of `job` behind row `from`: a hundred, ten if it is called short, none
 * at first if it is called late, one that is bad if it is called bad.
 */
export async function* rows(job: string, from: number, signal: AbortSignal): AsyncIterable<Row> {
  const total = job.startsWith("short") ? 10 : 100;
  const times = (asked.get(job) ?? 0) + 1;
  asked.set(job, times);
  if (job.startsWith("bad")) yield { n: -1, total };
  if (job.startsWith("bad") || job.startsWith("late") && times === 1) return;
  for (let n = from + 1; n <= total; n++) {
    await sleep(15, undefined, { signal });
    note("row", { key: job, text: String(n) });
    yield { n, total };
  }
}
