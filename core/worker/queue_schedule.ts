/**
 * The queues of a worker: which one to ask next, and the tasks expected from each.
 *
 * @module
 */

import type { Exchange } from "./exchange.ts";

/** A queue, and its share of the calls. */
export interface WeightedQueue {
  readonly exchange: Exchange;
  readonly weight: number;
}

/** The position of a worker at one of its queues. */
export interface QueueCursor extends WeightedQueue {
  /** Nothing was ready at the last call or look. */
  idle: boolean;
  /** The tasks that a look has found there, less those asked for since; Infinity if that is not known. */
  found: number;
  /** The time at which the last call was answered, by `performance.now()`. */
  askedAt: number;
  /** The time at which a scheduled task is due there, by `performance.now()`. */
  dueAt: number;
  /** The number of calls that had settled something when it was last asked. */
  settles: number;
  /** Credit in the smooth weighted round robin. */
  credit: number;
  /** Tasks that are asked for and have not come yet: to start at once, and to hold ready. */
  slots: number;
  spare: number;
}

/** A cursor at a queue of which nothing is known; `idle` if a look comes before the first claim. */
export function cursorOf(queue: WeightedQueue, idle: boolean): QueueCursor {
  return {
    ...queue,
    idle,
    found: Infinity,
    askedAt: -Infinity,
    dueAt: Infinity,
    settles: -1,
    credit: 0,
    slots: 0,
    spare: 0,
  };
}

/** The prospect of work to claim. */
export interface Prospect {
  /** True if something may be ready now. */
  readonly more: boolean;
  /** Milliseconds until the next task is due that needs no push; null without one. */
  readonly nextMs: number | null;
}

/** The prospect of a worker that has settled in `settles` calls, by the last answer of each queue. */
export function prospectOf(cursors: readonly QueueCursor[], settles: number): Prospect {
  const more = cursors.some((cursor) => !cursor.idle || cursor.settles < settles);
  const nextMs = Math.min(...cursors.map(({ dueAt, askedAt }) => dueAt - askedAt));
  return { more, nextMs: more ? 0 : Number.isFinite(nextMs) ? Math.ceil(nextMs) : null };
}

/** Smooth weighted round robin over the queues that may have something and have a call free. */
export function nextCursor(cursors: readonly QueueCursor[]): QueueCursor | undefined {
  const ready = cursors.filter(({ idle, found, exchange }) =>
    !idle && found > 0 && exchange.inFlight < 2
  );
  if (ready.length === 0) return undefined;
  for (const cursor of ready) cursor.credit += cursor.weight;
  const best = ready.reduce((a, b) => b.credit > a.credit ? b : a);
  best.credit -= ready.reduce((all, cursor) => all + cursor.weight, 0);
  return best;
}
