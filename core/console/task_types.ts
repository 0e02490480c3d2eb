/**
 * Task types: the counts of the tasks of each name, over all queues.
 *
 * @module
 */

import { sumOfCounts } from "../inspection/count_record.ts";
import type { HistoryQuery, HistorySeries, Relier } from "../../mod.ts";
import { countsOf, type HistoryCounts, historyQuery, type HistoryRange } from "./history.ts";
import { latestQueues } from "./queue_rates.ts";

/** Tasks of one name. */
export interface TaskType extends HistoryCounts {
  /** Name of the tasks; `null` for all names beyond the 32 that a queue keeps. */
  readonly name: string | null;
  /** Queues in which they were seen. */
  readonly queues: readonly string[];
  /** Share of attempts that failed, 0 to 1; `null` without an attempt. */
  readonly failureRate: number | null;
  /** Last error of a failed attempt. */
  readonly lastError: HistorySeries["lastError"];
  /** Time of the last report about them, in ms since 1970; may be before the range. */
  readonly lastSeen: number;
}

/** Selection of {@linkcode taskTypes}. */
export interface TaskTypesOptions {
  /** Only this queue; the 50 used last by default. */
  readonly queue?: string | undefined;
  /** Range of time; from 6 hours on it begins at a full hour, from 7 days on at midnight UTC. */
  readonly range: HistoryRange;
}

/** Series of one name, and their queues. */
type Found = readonly { readonly queue: string; readonly series: HistorySeries }[];

/**
 * Reads the task types of one queue or of all, by name; one call for each queue. Includes names of
 * the last 30 days that did nothing in the range.
 *
 * @throws RangeError for an unknown range.
 */
export async function taskTypes(relier: Relier, options: TaskTypesOptions): Promise<TaskType[]> {
  const query = coarse(historyQuery(options.range));
  const queues = options.queue === undefined ? await latestQueues(relier) : [options.queue];
  const read = await Promise.all(queues.map(async (queue) => {
    const { series } = await relier.queue(queue).history({ ...query, of: "every" });
    return series.filter(({ seenAt }) => seenAt > 0).map((each) => ({ queue, series: each }));
  }));
  const found = read.flat();
  return [...new Set(found.map(({ series }) => series.name))]
    .map((name) => taskTypeOf(name, found.filter(({ series }) => series.name === name)))
    .sort(byName);
}

/** The same span in hours from six hours on, and in days from a week on: 32 names have many minutes. */
function coarse({ unit, span }: Pick<HistoryQuery, "unit" | "span">): Omit<HistoryQuery, "of"> {
  if (unit === "hours") return { unit: "days", span: Math.ceil(span / 24) };
  return span >= 360 ? { unit: "hours", span: span / 60 } : { unit, span };
}

function taskTypeOf(name: string, found: Found): TaskType {
  const all = found.map(({ series }) => series);
  const records = all.flatMap(({ records }) => records.map(({ counts }) => counts));
  const counts = countsOf(sumOfCounts(records));
  const attempts = counts.done + counts.failed;
  const errors = all.flatMap(({ lastError }) => lastError ?? []).sort((a, b) => b.at - a.at);
  return {
    name: name === "~" ? null : name,
    queues: found.map(({ queue }) => queue).sort(),
    ...counts,
    failureRate: attempts === 0 ? null : counts.failed / attempts,
    lastError: errors[0] ?? null,
    lastSeen: Math.max(...all.map(({ seenAt }) => seenAt)),
  };
}

function byName(a: TaskType, b: TaskType): number {
  if (a.name === null || b.name === null) return a.name === null ? 1 : -1;
  return a.name < b.name ? -1 : 1;
}
