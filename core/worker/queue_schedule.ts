/**
 * The queues of a worker, and which of them is asked next.
 *
 * @module
 */

import type { Feed } from "./exchange.ts";

/** A feed, and how often it is asked. */
export interface Source {
  readonly feed: Feed;
  readonly weight: number;
}

/** What a worker knows of a queue of its own. */
export interface Lane extends Source {
  /** Nothing was ready when it was last asked. */
  idle: boolean;
  /** When that was answered, by `performance.now()`. */
  askedAt: number;
  /** When something scheduled is due there, by `performance.now()`. */
  dueAt: number;
  /** How many calls of the worker had settled something when it was last asked. */
  settles: number;
  /** Credit in the smooth weighted round robin. */
  credit: number;
  /** Tasks that were asked for and have not come yet: to start at once, and to hold ready. */
  slots: number;
  spare: number;
}

/** A lane of which nothing is known. */
export function laneOf(source: Source): Lane {
  return {
    ...source,
    idle: false,
    askedAt: -Infinity,
    dueAt: Infinity,
    settles: 0,
    credit: 0,
    slots: 0,
    spare: 0,
  };
}

/** What there will be to claim. */
export interface Prospect {
  /** Whether something may be ready now. */
  readonly more: boolean;
  /** In how many milliseconds the next task is due that nobody has to push; null without one. */
  readonly nextMs: number | null;
}

/** What the lanes of a worker that has settled in `settles` calls promise, each as it was last asked. */
export function prospectOf(lanes: readonly Lane[], settles: number): Prospect {
  const more = lanes.some((lane) => !lane.idle || lane.settles < settles);
  const nextMs = Math.min(...lanes.map(({ dueAt, askedAt }) => dueAt - askedAt));
  return { more, nextMs: more ? 0 : Number.isFinite(nextMs) ? Math.ceil(nextMs) : null };
}

/** How long one that had nothing is let be while another has work: then nobody waits for its bell. */
const letBeMs = 50;

/** Smooth weighted round robin over those that may have something and have a line free. */
export function nextLane(lanes: readonly Lane[]): Lane | undefined {
  const soonest = lanes.some((lane) => !lane.idle) ? performance.now() - letBeMs : -Infinity;
  const ready = lanes.filter((lane) =>
    lane.feed.flying < 2 && (!lane.idle || lane.askedAt < soonest)
  );
  if (ready.length === 0) return undefined;
  for (const lane of ready) lane.credit += lane.weight;
  const best = ready.reduce((a, b) => b.credit > a.credit ? b : a);
  best.credit -= ready.reduce((all, lane) => all + lane.weight, 0);
  return best;
}
