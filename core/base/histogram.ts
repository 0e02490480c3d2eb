/**
 * Recent wait and run times of tasks, in buckets: the buckets of many workers can be
 * added up, percentiles cannot.
 *
 * @module
 */

/** The number of tasks in each bucket: bucket `n` ends at 2^(n/4) ms, bucket 0 at 1 ms. */
export type Buckets = Readonly<Record<string, number>>;

/** The times of one queue on one worker, in the last minute or two. */
export interface Timings {
  /** The time from when a task could have been claimed to its claim. */
  readonly wait: Buckets;
  /** The duration of attempts that ended by themselves. */
  readonly run: Buckets;
}

/** Keeps the timings of one queue. */
export interface TimingRecorder {
  waited(ms: number): void;
  ran(ms: number): void;
  /** Returns the timings of the current minute and of the one before. */
  lately(): Timings;
}

const minuteMs = 60_000;
/** The last bucket; it ends at 52 days. */
const lastBucket = 128;

interface Minute {
  readonly wait: Map<number, number>;
  readonly run: Map<number, number>;
}

/** Creates a recorder. */
export function createTimingRecorder(): TimingRecorder {
  let before = newMinute();
  let now = newMinute();
  let began = performance.now();

  function turn(): void {
    const over = Math.floor((performance.now() - began) / minuteMs);
    if (over === 0) return;
    before = over === 1 ? now : newMinute();
    now = newMinute();
    began += over * minuteMs;
  }

  function add(kind: keyof Minute, ms: number): void {
    turn();
    const bucket = bucketOf(ms);
    now[kind].set(bucket, (now[kind].get(bucket) ?? 0) + 1);
  }

  return {
    waited: (ms) => add("wait", ms),
    ran: (ms) => add("run", ms),
    lately() {
      turn();
      return {
        wait: sumOf([before.wait, now.wait]),
        run: sumOf([before.run, now.run]),
      };
    },
  };
}

function newMinute(): Minute {
  return { wait: new Map(), run: new Map() };
}

function bucketOf(ms: number): number {
  return ms <= 1 ? 0 : Math.min(lastBucket, Math.ceil(4 * Math.log2(ms)));
}

function sumOf(all: readonly ReadonlyMap<number, number>[]): Buckets {
  const sum: Record<string, number> = {};
  for (const buckets of all) {
    for (const [bucket, n] of buckets) sum[bucket] = (sum[bucket] ?? 0) + n;
  }
  return sum;
}
