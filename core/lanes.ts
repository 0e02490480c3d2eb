/**
 * The queues of a worker, and which of them is asked next.
 *
 * @module
 */

import type { Feed } from "./feed.ts";

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
    credit: 0,
    slots: 0,
    spare: 0,
  };
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
