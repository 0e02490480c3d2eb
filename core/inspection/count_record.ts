/**
 * The counts of one minute or hour, as a line of text.
 *
 * @module
 */

import type { Buckets } from "../base/histogram.ts";

/** Counts over some time. Bucket `n` of a time ends at 2^n ms, bucket 0 at 1 ms. */
export interface CountRecord {
  /** Accepted pushes; of a name: tasks whose first attempt began. */
  pushed: number;
  /** Completed tasks. */
  done: number;
  /** Failed attempts. */
  failed: number;
  /** Tasks that died. */
  dead: number;
  /** Tasks taken from a dead or stalled worker. */
  resurrected: number;
  /** In ms. */
  longestWait: number;
  /** In ms. */
  longestRun: number;
  /** Sum of the waits, in ms. */
  waitSum: number;
  /** Sum of the runs, in ms. */
  runSum: number;
  /** From when a task could have been claimed to its claim. */
  wait: Buckets;
  /** Durations of attempts that ended by themselves. */
  run: Buckets;
}

/** Counts of nothing. */
export function noCounts(): CountRecord {
  return {
    pushed: 0,
    done: 0,
    failed: 0,
    dead: 0,
    resurrected: 0,
    longestWait: 0,
    longestRun: 0,
    waitSum: 0,
    runSum: 0,
    wait: {},
    run: {},
  };
}

/** A line of counts; see `lua/lib/history_rings.lua`. */
const linePattern = /^\d+(?: \d+){9}(?: -| [\d:,]+){2}$/;

/** Reads a line behind its place; undefined for any other text. */
export function readCounts(line: string): CountRecord | undefined {
  const counts = noCounts();
  return addLine(counts, line) ? counts : undefined;
}

/**
 * Adds a line to `sum`; false for any other text. It makes no texts and no objects, because a chart
 * of a day adds thousands of lines.
 */
export function addLine(sum: CountRecord, line: string): boolean {
  if (!linePattern.test(line)) return false;
  position = 0;
  nextNumber(line); // The place.
  sum.pushed += nextNumber(line);
  sum.done += nextNumber(line);
  sum.failed += nextNumber(line);
  sum.dead += nextNumber(line);
  sum.resurrected += nextNumber(line);
  sum.longestWait = Math.max(sum.longestWait, nextNumber(line));
  sum.longestRun = Math.max(sum.longestRun, nextNumber(line));
  sum.waitSum += nextNumber(line) / 1000;
  sum.runSum += nextNumber(line) / 1000;
  addBuckets(sum.wait as Record<number, number>, line);
  addBuckets(sum.run as Record<number, number>, line);
  return true;
}

/** The next character of the line that is read; reading never waits, so one place is enough. */
let position = 0;

/** Reads a number and the separator behind it. */
function nextNumber(line: string): number {
  for (let n = 0;;) {
    const digit = line.charCodeAt(position++) - 48;
    if (!(digit >= 0 && digit < 10)) return n;
    n = n * 10 + digit;
  }
}

function addBuckets(buckets: Record<number, number>, line: string): void {
  if (line[position] === "-") return void (position += 2);
  do {
    const bucket = nextNumber(line);
    buckets[bucket] = (buckets[bucket] ?? 0) + nextNumber(line);
  } while (line[position - 1] === ",");
}

/** The sum of counts; the longest times are those of all. */
export function sumOfCounts(all: Iterable<CountRecord>): CountRecord {
  const sum = noCounts();
  const wait: Record<string, number> = {};
  const run: Record<string, number> = {};
  for (const each of all) {
    sum.pushed += each.pushed;
    sum.done += each.done;
    sum.failed += each.failed;
    sum.dead += each.dead;
    sum.resurrected += each.resurrected;
    sum.longestWait = Math.max(sum.longestWait, each.longestWait);
    sum.longestRun = Math.max(sum.longestRun, each.longestRun);
    sum.waitSum += each.waitSum;
    sum.runSum += each.runSum;
    addTo(wait, each.wait);
    addTo(run, each.run);
  }
  return { ...sum, wait, run };
}

function addTo(sum: Record<string, number>, buckets: Buckets): void {
  for (const bucket in buckets) sum[bucket] = (sum[bucket] ?? 0) + buckets[bucket]!;
}
