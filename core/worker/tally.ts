/**
 * The counts of one worker at one queue for the queue's history: they are gathered in memory, and go
 * to Redis with a heartbeat, or with the farewell. A killed worker loses those of its last seconds.
 *
 * @module
 */

import { isName } from "../base/options.ts";
import { cleaned } from "../base/safe_text.ts";
import type { Settlement } from "../protocol/settlement.ts";

/** Gathers counts by the name of the task, and reports them as `lua/lib/tally.lua` reads them. */
export interface Tally {
  /** An attempt began after its task waited for `waitMs`; `first` if it is the first of its task. */
  began(name: string, waitMs: number, first: boolean): void;
  /** A handler ended by itself after `ms`. */
  ran(name: string, ms: number): void;
  /** Redis has accepted the end of an attempt. */
  ended(name: string, settlement: Settlement): void;
  /** True if a report is due. */
  readonly due: boolean;
  /** The report to send now. It stays the same until it was {@linkcode Tally.sent}. */
  report(last?: boolean): string;
  /** Redis has this report. */
  sent(report: string): void;
}

/** The counts of a name; times are in ms. */
interface Counts {
  pushed: number;
  done: number;
  failed: number;
  dead: number;
  longestWait: number;
  longestRun: number;
  waitSum: number;
  runSum: number;
  readonly wait: number[];
  readonly run: number[];
  /** JSON of the last error; empty without one. */
  error: string;
}

/** The least time between two reports. */
const everyMs = 5000;
/** The most names in a report; Redis keeps fewer. */
const mostNames = 50;
/** The series of all other names. */
const others = "~";
const nothingNew = "0";
const maxMessage = 300;

/** Makes an empty tally. */
export function createTally(): Tally {
  // A report that arrives twice has the same number.
  let number = Math.floor(Math.random() * 2 ** 40);
  let names = new Map<string, Counts>();
  let pending: string | undefined;
  let reportedAt = performance.now();

  // Most tasks of a queue have the name of the one before.
  let [lastName, lastCounts]: [string, Counts | undefined] = ["", undefined];

  function countsOf(name: string): Counts {
    if (lastCounts && name === lastName) return lastCounts;
    lastName = name;
    return lastCounts = names.get(name) ?? countsFor(name);
  }
  function countsFor(name: string): Counts {
    const key = isName(name) && names.size < mostNames ? name : others;
    const counts = names.get(key) ?? noCounts();
    names.set(key, counts);
    return counts;
  }
  const isDue = (): boolean =>
    (names.size > 0 || pending !== undefined) && performance.now() - reportedAt >= everyMs;

  return {
    began(name, waitMs, first) {
      const counts = countsOf(name);
      if (first) counts.pushed++;
      if (waitMs > counts.longestWait) counts.longestWait = waitMs;
      counts.waitSum += waitMs;
      add(counts.wait, waitMs);
    },
    ran(name, ms) {
      const counts = countsOf(name);
      if (ms > counts.longestRun) counts.longestRun = ms;
      counts.runSum += ms;
      add(counts.run, ms);
    },
    ended(name, { event, error }) {
      if (event !== "complete" && event !== "retry" && event !== "bury") return;
      const counts = countsOf(name);
      if (event === "complete") return void counts.done++;
      counts.failed++;
      if (event === "bury") counts.dead++;
      if (error !== "") counts.error = error;
    },
    get due() {
      return isDue();
    },
    report(last = false) {
      if (pending !== undefined) return pending;
      if (names.size === 0 || !last && !isDue()) return nothingNew;
      pending = [`${++number}`, ...[...names].map(lineOf)].join("\n");
      names = new Map();
      lastCounts = undefined;
      reportedAt = performance.now();
      return pending;
    },
    sent(report) {
      if (report === pending) pending = undefined;
    },
  };
}

function noCounts(): Counts {
  const counts = { pushed: 0, done: 0, failed: 0, dead: 0 };
  const times = { longestWait: 0, longestRun: 0, waitSum: 0, runSum: 0 };
  const [wait, run] = [new Array<number>(32).fill(0), new Array<number>(32).fill(0)];
  return { ...counts, ...times, wait, run, error: "" };
}

/** Counts `ms` in its bucket: bucket `n` ends at 2^n ms. */
function add(buckets: number[], ms: number): void {
  const bucket = ms <= 1 ? 0 : Math.min(31, 32 - Math.clz32(Math.ceil(ms) - 1));
  buckets[bucket]!++;
}

/**
 * The line of a name. No worker counts resurrections: the sweep that resurrects does. Sums are in
 * µs: whole milliseconds would round a rare short run to zero in each report.
 */
function lineOf([name, counts]: [string, Counts]): string {
  const { pushed, done, failed, dead, longestWait, longestRun, waitSum, runSum } = counts;
  const longest = [Math.ceil(longestWait), Math.ceil(longestRun)];
  const sums = [Math.round(waitSum * 1000), Math.round(runSum * 1000)];
  const numbers = [0, pushed, done, failed, dead, 0, ...longest, ...sums];
  const line = [...numbers, bucketsOf(counts.wait), bucketsOf(counts.run)].join(" ");
  return [name, line, counts.error && shortError(counts.error)].join("\t");
}

function bucketsOf(buckets: readonly number[]): string {
  const used = buckets.flatMap((n, bucket) => n > 0 ? [`${bucket}:${n}`] : []);
  return used.join(",") || "-";
}

/** The error without its stack, as JSON. */
function shortError(json: string): string {
  const { name, message } = JSON.parse(json) as { name: string; message: string };
  return JSON.stringify({ name, message: cleaned(message, maxMessage) });
}
