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

/** Reads a line behind its place; undefined for any other text. */
export function readCounts(line: string): CountRecord | undefined {
  const parts = line.split(" ");
  if (parts.length !== 12) return undefined;
  const [pushed = 0, done = 0, failed = 0, dead = 0, resurrected = 0] = parts.slice(1).map(Number);
  const [longestWait = 0, longestRun = 0, waitUs = 0, runUs = 0] = parts.slice(6).map(Number);
  return {
    pushed,
    done,
    failed,
    dead,
    resurrected,
    longestWait,
    longestRun,
    waitSum: waitUs / 1000,
    runSum: runUs / 1000,
    wait: bucketsIn(parts[10]!),
    run: bucketsIn(parts[11]!),
  };
}

function bucketsIn(text: string): Buckets {
  const buckets: Record<string, number> = {};
  if (text === "-") return buckets;
  for (const pair of text.split(",")) {
    const colon = pair.indexOf(":");
    buckets[pair.slice(0, colon)] = Number(pair.slice(colon + 1));
  }
  return buckets;
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
