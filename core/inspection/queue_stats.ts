/**
 * The numbers of a queue.
 *
 * @module
 */

import type { QueueLimits } from "../protocol/limits.ts";
import { storedLimits } from "./stored_limits.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { stats } from "../redis/generated/operations.ts";
import type { TaskState } from "../states.ts";

/** The counts of a queue, its events so far, and its settings. */
export interface QueueStats {
  /** Tasks by state. */
  readonly counts: Readonly<Record<TaskState, number>>;
  /** Events since the queue began, by their name in the state table. */
  readonly events: Readonly<Record<string, number>>;
  /** Resurrections since the queue began, by what ended the worker. */
  readonly causes: Readonly<Record<string, number>>;
  /** Age in ms of the task that is first in line. */
  readonly oldestMs: number;
  /** Tasks in quarantine, and the ms since the first entered it. */
  readonly quarantine: { readonly count: number; readonly oldestMs: number };
  /** The ms since the most overdue lease ended. */
  readonly overdueMs: number;
  /** The ids of the workers with a heartbeat, at most 200. */
  readonly workers: readonly string[];
  /** The reasons why claims and pushes are paused; null for each that is not. */
  readonly paused: { readonly claims: string | null; readonly pushes: string | null };
  /** The limits set by {@linkcode Queue.limit}. */
  readonly limits: QueueLimits;
  /** The last sweep, the extension of leases, and the worker that keeps the quarantine lane. */
  readonly phoenix: {
    readonly sweptMs: number | null;
    readonly graceMs: number;
    readonly lane: string | null;
    /** Tasks resurrected in the last 24 hours, to the hour. */
    readonly lastDay: number;
    /** Tasks resurrected in this hour and the one before. */
    readonly lastHour: number;
  };
}

/** Reads the numbers of the queue at `partition`. */
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
      lastDay: resurrectedIn(24, known),
      lastHour: resurrectedIn(2, known),
    },
  };
}

/** Adds up the hourly counts of sweeps; see lua/scripts/worker/sweep.lua. */
function resurrectedIn(hours: number, known: Readonly<Record<string, string>>): number {
  const now = Math.floor(Number(known["now"]) / 3_600_000);
  return Object.entries(known).filter(([name]) => name.startsWith("raised:"))
    .map(([, text]) => text.split(" ").map(Number) as [number, number])
    .reduce((sum, [hour, n]) => hour > now - hours ? sum + n : sum, 0);
}
