/**
 * How a queue is, in numbers.
 *
 * @module
 */

import type { QueueLimits } from "../protocol/limits.ts";
import { storedLimits } from "./stored_limits.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { stats } from "../redis/generated/operations.ts";
import type { TaskState } from "../states.ts";

/** How many tasks are where, what happened so far, and what is set. */
export interface QueueStats {
  /** Tasks by state. */
  readonly counts: Readonly<Record<TaskState, number>>;
  /** Events since the queue began, by their name in the state table. */
  readonly events: Readonly<Record<string, number>>;
  /** Resurrections since the queue began, by what ended the worker. */
  readonly causes: Readonly<Record<string, number>>;
  /** Age in ms of the task that is first in line. */
  readonly oldestMs: number;
  /** Tasks in quarantine, and for how many ms the first has been. */
  readonly quarantine: { readonly count: number; readonly oldestMs: number };
  /** By how many ms the most overdue lease is over. */
  readonly overdueMs: number;
  /** The ids of the workers that beat, at most 200. */
  readonly workers: readonly string[];
  /** Why workers claim nothing, and why pushes are refused; null where that is not so. */
  readonly paused: { readonly claims: string | null; readonly pushes: string | null };
  /** What is set by {@linkcode Queue.limit}. */
  readonly limits: QueueLimits;
  /** When it was last swept, for how long leases are extended, who keeps the lane of suspects. */
  readonly phoenix: {
    readonly sweptMs: number | null;
    readonly graceMs: number;
    readonly lane: string | null;
    /** Tasks that were brought back in the last 24 hours, to the hour. */
    readonly lastDay: number;
  };
}

/** Asks for the numbers of the queue at `partition`. */
export async function readStats(caller: Caller, partition: Partition): Promise<QueueStats> {
  const [, , , counts, counters, numbers, oldestMs, suspectMs, overdueMs, workers] = await call(
    caller,
    partition,
    stats,
    {},
  );
  const byState = Object.fromEntries(pairs(counts)) as Record<TaskState, number>;
  const counted = pairs(counters).map(([name, n]) => [name, Number(n)] as const);
  const isCause = (name: string): boolean => name.startsWith("cause:");
  const known = Object.fromEntries(pairs(numbers)) as Record<string, string>;
  const { now, swept, graceUntil = 0, lane, laneUntil = 0, paused, closed } = known;
  const { limits = "", "limit:concurrency": concurrency = "" } = known;
  return {
    counts: byState,
    events: Object.fromEntries(counted.filter(([name]) => !isCause(name))),
    causes: Object.fromEntries(
      counted.filter(([name]) => isCause(name)).map(([name, n]) => [name.slice(6), n]),
    ),
    oldestMs,
    quarantine: { count: byState.quarantined, oldestMs: suspectMs },
    overdueMs,
    workers: workers as string[],
    paused: { claims: paused ?? null, pushes: closed ?? null },
    limits: storedLimits(limits, concurrency),
    phoenix: {
      sweptMs: swept === undefined ? null : Math.max(0, Number(now) - Number(swept)),
      graceMs: Math.max(0, Number(graceUntil) - Number(now)),
      lane: Number(laneUntil) > Number(now) ? lane ?? null : null,
      lastDay: lastDay(known),
    },
  };
}

/** Sums up what sweeps note by the hour; see lua/scripts/worker/sweep.lua. */
function lastDay(known: Readonly<Record<string, string>>): number {
  const now = Math.floor(Number(known["now"]) / 3_600_000);
  return Object.entries(known).filter(([name]) => name.startsWith("raised:"))
    .map(([, text]) => text.split(" ").map(Number) as [number, number])
    .reduce((sum, [hour, n]) => hour > now - 24 ? sum + n : sum, 0);
}
