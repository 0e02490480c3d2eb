/**
 * The history of queues as a chart shows it: evenly spaced points over a range of time, gaps
 * included.
 *
 * @module
 */

import { noCounts, sumOfCounts } from "../inspection/count_record.ts";
import { oneOf } from "../base/options.ts";
import type { CountRecord, QueueHistory, Relier } from "../../mod.ts";
import { quantileWithin } from "./percentiles.ts";
import { latestQueues } from "./queue_rates.ts";

/** A range of time, up to now. */
export type HistoryRange = "15m" | "1h" | "6h" | "24h" | "7d" | "30d";

/** Wait or run times in ms; `null` if nothing was timed. The percentiles are estimates, at most `max`. */
export interface HistoryTimes {
  /** Times that were measured. */
  readonly count: number;
  /** Median. */
  readonly p50: number | null;
  /** 95th percentile. */
  readonly p95: number | null;
  /** Longest time. */
  readonly max: number | null;
}

/** Counts over some time. */
export interface HistoryCounts {
  /** Accepted pushes; of a name: tasks whose first attempt began, because a push reads no names. */
  readonly pushed: number;
  /** Completed tasks. */
  readonly done: number;
  /** Failed attempts, including those that ended in death. */
  readonly failed: number;
  /** Tasks that died, for any reason. */
  readonly dead: number;
  /** Tasks taken from a dead or stalled worker, including those that died of it. */
  readonly resurrected: number;
  /** Times from when a task could have been claimed to its claim. */
  readonly wait: HistoryTimes;
  /** Durations of attempts that ended by themselves. */
  readonly run: HistoryTimes;
}

/** Counts of one step, or a gap: then no worker was there to count. `at` is its beginning, in ms since 1970. */
export type HistoryPoint =
  | ({ readonly at: number; readonly gap?: never } & HistoryCounts)
  | { readonly at: number; readonly gap: true };

/** Points of a range. */
export interface History {
  /** Length of a step in ms. */
  readonly stepMs: number;
  /** The oldest first, evenly spaced; the last one has only begun. */
  readonly points: readonly HistoryPoint[];
  /** Counts of the whole range. */
  readonly total: HistoryCounts;
  /** False if none of the queues has a history: no worker was there yet, or it is off. */
  readonly recorded: boolean;
}

/** Selection of {@linkcode history}. */
export interface HistoryOptions {
  /** Only this queue; the 50 used last by default. */
  readonly queue?: string | undefined;
  /** Only tasks of this name. */
  readonly name?: string | undefined;
  /** Range of time. */
  readonly range: HistoryRange;
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
/** The resolution of a range. */
interface Resolution {
  readonly unit: "minutes" | "hours";
  readonly span: number;
  readonly stepMs: number;
}

/** The resolution of each range; at most 180 points. */
const ranges: Readonly<Record<HistoryRange, Resolution>> = {
  "15m": { unit: "minutes", span: 15, stepMs: minuteMs },
  "1h": { unit: "minutes", span: 60, stepMs: minuteMs },
  "6h": { unit: "minutes", span: 360, stepMs: 2 * minuteMs },
  "24h": { unit: "minutes", span: 1440, stepMs: 10 * minuteMs },
  "7d": { unit: "hours", span: 168, stepMs: hourMs },
  "30d": { unit: "hours", span: 720, stepMs: 4 * hourMs },
};

/** The ranges, shortest first. */
export const historyRanges: readonly HistoryRange[] = Object.keys(ranges) as HistoryRange[];

/** Returns the resolution of a range. @throws RangeError for an unknown range. */
export function historyQuery(range: HistoryRange): Resolution {
  return ranges[oneOf("range", range, historyRanges)];
}

/**
 * Reads the history of one queue or of all; one call for each queue.
 *
 * @throws RangeError for an unknown range.
 */
export async function history(relier: Relier, options: HistoryOptions): Promise<History> {
  const { unit, span, stepMs } = historyQuery(options.range);
  const { queue, name } = options;
  const queues = queue === undefined ? await latestQueues(relier) : [queue];
  const of = name === undefined ? null : [name];
  const unitMs = unit === "minutes" ? minuteMs : hourMs;
  const step = stepMs / unitMs;
  const read = await Promise.all(
    queues.map((each) => relier.queue(each).history({ unit, span, of, step })),
  );
  const records = read.flatMap(({ series }) => series.flatMap((each) => each.records));
  return {
    stepMs,
    points: pointsOf(read, records, span * unitMs, stepMs),
    total: countsOf(sumOfCounts(records.map(({ counts }) => counts))),
    recorded: read.some(({ watched }) => watched.length > 0),
  };
}

function pointsOf(
  read: readonly QueueHistory[],
  records: readonly { readonly at: number; readonly counts: CountRecord }[],
  spanMs: number,
  stepMs: number,
): HistoryPoint[] {
  const now = Math.max(0, ...read.map((each) => each.now));
  const last = Math.floor(now / stepMs) * stepMs;
  const first = last - spanMs + stepMs;
  const steps = new Map<number, CountRecord[]>();
  for (let at = first; at <= last; at += stepMs) steps.set(at, []);
  for (const { at, counts } of records) steps.get(Math.floor(at / stepMs) * stepMs)?.push(counts);
  const watched = read.flatMap((each) => each.watched);
  const wasWatched = (at: number): boolean =>
    watched.some(({ from, to }) => from < at + stepMs && to > at);
  return [...steps].map(([at, all]) => {
    if (all.length === 0 && !wasWatched(at)) return { at, gap: true };
    return { at, ...countsOf(all.length === 0 ? noCounts() : sumOfCounts(all)) };
  });
}

/** Turns buckets into percentiles. */
export function countsOf(record: CountRecord): HistoryCounts {
  const { pushed, done, failed, dead, resurrected, wait, run, longestWait, longestRun } = record;
  const times = { wait: timesOf(wait, longestWait), run: timesOf(run, longestRun) };
  return { pushed, done, failed, dead, resurrected, ...times };
}

function timesOf(buckets: CountRecord["wait"], max: number): HistoryTimes {
  const count = Object.values(buckets).reduce((sum, n) => sum + n, 0);
  const [p50, p95] = [quantileWithin(buckets, 0.5, max), quantileWithin(buckets, 0.95, max)];
  return { count, p50, p95, max: count === 0 ? null : max };
}
