/**
 * Reads the counts of a queue over time; `lua/lib/history_rings.lua` describes how they are stored.
 * Buckets of several queues can be added up, percentiles cannot, so this returns buckets.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import type { Reply } from "../port.ts";
import { integerOption, oneOf } from "../base/options.ts";
import { call, type Caller } from "../redis/call.ts";
import { history } from "../redis/generated/operations.ts";
import { addLine, type CountRecord, noCounts, readCounts } from "./count_record.ts";

/** A range of time in the history, and its resolution: minutes are kept for a day, hours and days (UTC) for 30 days. */
export interface HistoryQuery {
  /** The resolution. */
  readonly unit: "minutes" | "hours" | "days";
  /** The number of minutes, at most 1,440, of hours, at most 720, or of days, at most 30, up to now. */
  readonly span: number;
  /** The names of tasks to read, at most 32; `null` for the queue as a whole, `"every"` for each name. */
  readonly of: readonly string[] | null | "every";
  /**
   * The number of minutes, hours or days that one record adds up, at most `span`; 1 by default. A
   * chart of a day in steps of ten minutes needs 145 records, not 1,440.
   */
  readonly step?: number;
}

/** The counts of a queue, or of one name of a task, over time. */
export interface HistorySeries {
  /** The name; `""` for the queue, `"~"` for all names beyond the 32 that a queue keeps. */
  readonly name: string;
  /** Steps in which something was counted, the oldest first. A time may come twice. */
  readonly records: readonly { readonly at: number; readonly counts: CountRecord }[];
  /** All counts since the name was first seen; empty for the queue. */
  readonly total: CountRecord;
  /** The last report about the name, in ms since 1970; 0 if there is none. */
  readonly seenAt: number;
  /** The last error of a failed attempt. */
  readonly lastError:
    | { readonly name: string; readonly message: string; readonly at: number }
    | null;
}

/** The counts of a queue over time. */
export interface QueueHistory {
  /** Redis's time of this reading, in ms since 1970. */
  readonly now: number;
  /** Ranges of time in ms in which workers watched the queue; the end is not included. */
  readonly watched: readonly { readonly from: number; readonly to: number }[];
  /** One for each name that was asked for. */
  readonly series: readonly HistorySeries[];
}

const minuteMs = 60_000;
const units = {
  minutes: { ms: minuteMs, per: 10, most: 1440 },
  hours: { ms: 60 * minuteMs, per: 8, most: 720 },
  days: { ms: 24 * 60 * minuteMs, per: 10, most: 30 },
} as const;

/**
 * Reads the history of the queue at `partition`.
 *
 * @throws RangeError, TypeError if a part of the query is not valid.
 */
export async function readHistory(
  caller: Caller,
  partition: Partition,
  query: HistoryQuery,
): Promise<QueueHistory> {
  const unit = oneOf("unit", query.unit, ["minutes", "hours", "days"]);
  const span = integerOption("span", query.span, { min: 1, max: units[unit].most });
  const step = integerOption("step", query.step ?? 1, { min: 1, max: span });
  const { of } = query;
  // The newest block has only begun.
  const blocks = Math.ceil(span / units[unit].per) + 1;
  const every = of === "every";
  const names = of === null ? [""] : every ? [] : of;
  const args = { unit, blocks, every: every ? 1 : 0 };
  const rows = names.map((name) => ({ name }));
  const [, , , now, marks, totals, series] = await call(caller, partition, history, args, rows);
  const [mark, watched, known] = marks as [string, string, string];
  const list = every ? [...known.split(" ").filter(Boolean), "~"] : names;
  const from = (Math.floor(now / units[unit].ms) - span + 1) * units[unit].ms;
  const read = (series as readonly (readonly Reply[])[])
    .map((each, i) => seriesOf(list[i]!, each, { unit, step, from }));
  const since = sinceMark(mark, totals as readonly number[], now);
  return {
    now,
    watched: watchedRanges(watched, mark, now),
    series: read.map((each) => each.name === "" && since ? withSince(each, since) : each),
  };
}

/** The steps to read, and the time of the first one. */
interface Wanted {
  readonly unit: keyof typeof units;
  readonly step: number;
  readonly from: number;
}

function seriesOf(
  name: string,
  [total, error, ...blocks]: readonly Reply[],
  wanted: Wanted,
): HistorySeries {
  const [seenAt, all] = stamped(total);
  const [failedAt, failure] = stamped(error);
  return {
    name,
    records: recordsIn(blocks as readonly string[], wanted),
    total: readCounts(all) ?? noCounts(),
    seenAt,
    lastError: errorIn(failure, failedAt),
  };
}

function errorIn(text: string, at: number): HistorySeries["lastError"] {
  try {
    const { name, message } = JSON.parse(text);
    return { name: String(name), message: String(message), at };
  } catch {
    return null; // There is none, or another program wrote it.
  }
}

/** A text behind its time. */
function stamped(text: Reply | undefined): [at: number, text: string] {
  if (typeof text !== "string") return [0, ""];
  const end = text.indexOf("\n");
  return [Number(text.slice(0, end)), text.slice(end + 1)];
}

/** The lines of blocks from the time `from` on, added up by step. */
function recordsIn(
  blocks: readonly string[],
  { unit, step, from }: Wanted,
): HistorySeries["records"] {
  const { ms, per } = units[unit];
  const stepMs = step * ms;
  const records = new Map<number, { readonly at: number; readonly counts: CountRecord }>();
  for (const text of blocks) {
    const [block, ...lines] = text.split("\n");
    for (const line of lines) {
      const time = (Number(block) * per + Number(line.slice(0, line.indexOf(" ")))) * ms;
      // Most lines of the oldest block are older.
      if (!(time >= from)) continue;
      const at = Math.floor(time / stepMs) * stepMs;
      const record = records.get(at) ?? { at, counts: noCounts() };
      if (addLine(record.counts, line)) records.set(at, record);
    }
  }
  return [...records.values()];
}

/** The counts of a queue since a worker last marked a minute, and the time they belong to. */
function sinceMark(mark: string, totals: readonly number[], now: number) {
  if (mark === "") return undefined;
  const [minute = 0, patience = 0, ...before] = mark.split(" ").map(Number);
  const [pushed = 0, done = 0, failed = 0, dead = 0, resurrected = 0] = totals
    .map((total, i) => Math.max(0, total - (before[i] ?? total)));
  const late = now - minute * minuteMs > (patience + 1) * minuteMs;
  const counts: CountRecord = { ...noCounts(), pushed, done, failed, dead, resurrected };
  return { at: late ? now : Math.min(now, minute * minuteMs), counts };
}

function withSince(
  series: HistorySeries,
  since: HistorySeries["records"][number],
): HistorySeries {
  return { ...series, records: [...series.records, since] };
}

/** The watched ranges; a worker that is not missed yet still watches. */
function watchedRanges(text: string, mark: string, now: number): QueueHistory["watched"] {
  const patience = Number(mark.split(" ")[1] ?? 0);
  const ranges = text.split(" ").filter(Boolean).map((range) => {
    const [from = 0, to = 0] = range.split("-").map(Number);
    return { from: from * minuteMs, to: (to + 1) * minuteMs };
  });
  const last = ranges.at(-1);
  if (last && now - last.to < patience * minuteMs) last.to = Math.max(last.to, now + 1);
  return ranges;
}
