/**
 * How queues stand, and how fast they go: what `rl status`, `rl queues`, `rl top`
 * and the dashboard have in common.
 *
 * @module
 */

import { lockQueue } from "../client/idempotency_lock.ts";
import type { QueueStats, Relier } from "../../mod.ts";

/** How often a second something happens. */
export interface QueueRates {
  /** Tasks that got to their end. */
  readonly done: number;
  /** Attempts that failed, and tasks that died. */
  readonly failed: number;
  /** Tasks whose worker was lost. */
  readonly lost: number;
  /** Tasks that were pushed. */
  readonly pushed: number;
}

/** A queue and how it stands. */
export interface QueueReading {
  readonly name: string;
  readonly stats: QueueStats;
  /** Since the last look; `null` at the first. */
  readonly pace: QueueRates | null;
  /** How many died since the last look; 0 at the first. */
  readonly died: number;
}

interface Look {
  readonly at: number;
  readonly events: Readonly<Record<string, number>>;
}

const happenings = {
  done: ["complete"],
  failed: ["retry", "bury"],
  lost: ["resurrect", "quarantine", "abandon"],
  pushed: ["push", "schedule"],
} as const;

/** What was seen of each queue the last time, for as long as a client lives. */
const looks = new WeakMap<Relier, Map<string, Look>>();

/** Looks at `queues`; one call for each. */
export async function readQueues(
  relier: Relier,
  queues: readonly string[],
): Promise<QueueReading[]> {
  const seen = looks.get(relier) ?? new Map<string, Look>();
  looks.set(relier, seen);
  return await Promise.all(queues.map(async (name) => {
    const stats = await relier.queue(name).stats();
    const now: Look = { at: performance.now(), events: stats.events };
    const before = seen.get(name);
    seen.set(name, now);
    const since = (words: readonly string[]): number =>
      words.reduce((all, word) => all + (now.events[word] ?? 0) - (before?.events[word] ?? 0), 0);
    const died = before ? since(["bury", "abandon"]) : 0;
    return { name, stats, pace: before ? paceOf(since, now.at - before.at) : null, died };
  }));
}

function paceOf(since: (words: readonly string[]) => number, ms: number): QueueRates {
  // A queue that was emptied by hand begins to count anew.
  const rate = (words: readonly string[]): number => Math.max(0, since(words) / ms * 1000);
  const { done, failed, lost, pushed } = happenings;
  return { done: rate(done), failed: rate(failed), lost: rate(lost), pushed: rate(pushed) };
}

/** The queues that were ever used, but the one of locks, by name. */
export async function usedQueues(relier: Relier): Promise<string[]> {
  return (await relier.queues()).map(({ name }) => name).filter((name) => name !== lockQueue);
}
