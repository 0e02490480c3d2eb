/**
 * Readings of queues: their numbers, and rates since the last reading. Shared by
 * `rl status`, `rl queues`, `rl top` and the dashboard.
 *
 * @module
 */

import { lockQueue } from "../client/idempotency_lock.ts";
import type { QueueStats, Relier } from "../../mod.ts";

/** Events a second. */
export interface QueueRates {
  /** Completed tasks. */
  readonly done: number;
  /** Failed attempts and deaths. */
  readonly failed: number;
  /** Tasks whose worker was lost. */
  readonly lost: number;
  /** Pushed tasks. */
  readonly pushed: number;
}

/** Numbers of a queue at one time. */
export interface QueueReading {
  /** Name of the queue. */
  readonly name: string;
  /** Numbers of the queue. */
  readonly stats: QueueStats;
  /** Rates since the last reading; `null` at the first. */
  readonly pace: QueueRates | null;
  /** Deaths since the last reading; 0 at the first. */
  readonly died: number;
}

interface LastReading {
  readonly at: number;
  readonly events: Readonly<Record<string, number>>;
}

const eventNames = {
  done: ["complete"],
  failed: ["retry", "bury"],
  lost: ["resurrect", "quarantine", "abandon", "withdraw"],
  pushed: ["push", "schedule"],
} as const;

/** Last reading of each queue, as long as its client lives. */
const lastReadings = new WeakMap<Relier, Map<string, LastReading>>();

/** Reads `queues`; one call for each. */
export async function readQueues(
  relier: Relier,
  queues: readonly string[],
): Promise<QueueReading[]> {
  const seen = lastReadings.get(relier) ?? new Map<string, LastReading>();
  lastReadings.set(relier, seen);
  return await Promise.all(queues.map(async (name) => {
    const stats = await relier.queue(name).stats();
    const now: LastReading = { at: performance.now(), events: stats.events };
    const before = seen.get(name);
    seen.set(name, now);
    const since = (words: readonly string[]): number =>
      words.reduce((all, word) => all + (now.events[word] ?? 0) - (before?.events[word] ?? 0), 0);
    const died = before ? since(["bury", "abandon", "condemn"]) : 0;
    return { name, stats, pace: before ? ratesOf(since, now.at - before.at) : null, died };
  }));
}

function ratesOf(since: (words: readonly string[]) => number, ms: number): QueueRates {
  // Counters restart when a queue was deleted by hand.
  const rate = (words: readonly string[]): number => Math.max(0, since(words) / ms * 1000);
  const { done, failed, lost, pushed } = eventNames;
  return { done: rate(done), failed: rate(failed), lost: rate(lost), pushed: rate(pushed) };
}

/** Most queues that are read for one view of all. */
const mostOfAll = 50;

/** Lists the names of the 50 queues that were used last, except the one of locks. */
export async function latestQueues(relier: Relier): Promise<string[]> {
  const listed = (await relier.queues()).filter(({ name }) => name !== lockQueue);
  return listed.sort((a, b) => +b.seen - +a.seen).slice(0, mostOfAll).map(({ name }) => name);
}

/** Lists the names of all queues that were ever used, except the one of locks. */
export async function usedQueues(relier: Relier): Promise<string[]> {
  return (await relier.queues()).map(({ name }) => name).filter((name) => name !== lockQueue);
}
