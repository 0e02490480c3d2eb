/**
 * Phoenix: when a worker sweeps its queues. Every worker sweeps and none leads; together they
 * sweep a queue about four times a second. A worker of many queues looks at 200 of them in one
 * call, and sweeps only where something runs or is due.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import { sleep } from "../base/timers.ts";
import type { Partition } from "../protocol/keys.ts";
import type { Caller } from "../redis/call.ts";
import { lookAtEach, type QueueLook } from "./look.ts";
import { paceMs, sweepTurnMs } from "./pace.ts";
import { askedMs, type Resurrection, sweepAt, type Swept } from "./sweeper.ts";

/** The pace of a worker's sweeps, and the receivers of what they find. */
export interface PhoenixHost {
  readonly caller: Caller;
  readonly leaseMs: number;
  /** The least time between two sweeps without a result. */
  readonly sweepMs: number;
  /** Ends it. */
  readonly signal: AbortSignal;
  onRaised(raised: Resurrection): void;
  onError(error: unknown): void;
}

/** A queue, and the next sweep there. Times are of `performance.now()`. */
interface Post {
  readonly partition: Partition;
  dueAt: number;
  /** The next sweep does nothing if another worker has swept so lately. */
  everyMs: number;
  /** Nothing ran there at that time; undefined if something may have since. */
  quietAt: number | undefined;
  sweptAt: number;
  /** The workers there at the last sweep. */
  workers: number;
}

/** Posts that are looked at together. */
interface Round {
  readonly host: PhoenixHost;
  readonly posts: readonly Post[];
  /** The least time until the next turn, so that many busy queues cost a bounded share of Redis. */
  leastMs: number;
  /** The rounds of the worker. */
  readonly rounds: number;
}

const soonestMs = 20;
const failedMs = 500;
/** A sweep for which nothing is due does nothing sooner after the last one. */
const routineMs = 0.8 * paceMs;
/** Queues that are due within this time share a look. */
const togetherMs = paceMs / 2;
/** A quiet queue is swept so often: that removes workers which died without a task. */
const quietestMs = 20_000;
/** The share of time for each queue: 1,000 are looked at every 750 ms. */
const lookMs = 0.75;
/** And for each busy one: 1,000 of them are swept every two seconds. */
const busyMs = 1.5;

/** Sweeps `partitions` from now on. Never throws. */
export function runPhoenix(host: PhoenixHost, partitions: readonly Partition[]): void {
  const now = performance.now();
  const posts = partitions.map((partition): Post => ({
    partition,
    dueAt: now,
    everyMs: askedMs,
    quietAt: undefined,
    sweptAt: now - quietestMs * Math.random(),
    workers: 1,
  }));
  patrolAll(host, [...batches(posts)]);
}

/**
 * Sweeps each of `partitions` once if there is reason to, and again while it has more to do and
 * `goesOn`; resolves to the resurrected tasks.
 *
 * @throws {RedisError} If Redis does not answer.
 */
export async function sweepAll(
  caller: Caller,
  partitions: readonly Partition[],
  leaseMs: number,
  goesOn: () => boolean,
): Promise<Resurrection[]> {
  const looks = partitions.length > 1 ? await lookAtEach(caller, partitions) : undefined;
  const found = partitions.map(async (partition, i) => {
    const tasks: Resurrection[] = [];
    if (looks && looks[i]!.sweepMs !== 0) return tasks;
    let everyMs = askedMs;
    let swept: Swept;
    do {
      swept = await sweepAt(caller, partition, {
        leaseMs,
        everyMs,
        quietMs: -1,
        steady: 0,
      });
      tasks.push(...swept.resurrected);
      everyMs = 0;
    } while (swept.more && goesOn());
    return tasks;
  });
  return (await Promise.all(found)).flat();
}

function patrolAll(host: PhoenixHost, pages: readonly (readonly Post[])[]): void {
  for (const posts of pages) void patrol({ host, posts, leastMs: 0, rounds: pages.length });
}

async function patrol(round: Round): Promise<void> {
  const { host: { signal }, host, posts } = round;
  while (!signal.aborted) {
    const soon = performance.now() + (posts.length > 1 ? togetherMs : 0);
    const restless = await restlessAmong(round, posts.filter(({ dueAt }) => dueAt <= soon));
    // On a cluster each queue has calls of its own; then a node that is away stops no other.
    if (!restless) return patrolAll(host, posts.map((post) => [post]));
    round.leastMs = round.rounds * (lookMs * posts.length + busyMs * restless.length);
    await Promise.all(restless.map((post) => visit(round, post)));
    const next = posts.reduce((a, b) => b.dueAt < a.dueAt ? b : a);
    const ms = next.dueAt - performance.now();
    if (next.everyMs > 0) await sleep(Math.max(soonestMs, ms), signal);
  }
}

/** Finds the posts to sweep among those that are due; undefined on a cluster. */
async function restlessAmong(round: Round, due: readonly Post[]): Promise<Post[] | undefined> {
  if (due.length < 2) return [...due];
  const { host: { caller, onError } } = round;
  const sentAt = performance.now();
  try {
    const looks = await lookAtEach(caller, due.map(({ partition }) => partition));
    return looks && due.filter((post, i) => isRestless(round, post, looks[i]!, sentAt));
  } catch (error) {
    onError(error);
    for (const post of due) putOff(round, post);
    return [];
  }
}

/** True if a sweep is useful; if not, plans the next look. */
function isRestless(
  round: Round,
  post: Post,
  { running, sweepMs }: QueueLook,
  sentAt: number,
): boolean {
  post.quietAt = running ? undefined : sentAt;
  if (sweepMs === 0 || sentAt - post.sweptAt > quietestMs) return true;
  plan(round, post, { dueMs: sweepMs });
  return false;
}

/** Sweeps once. Never rejects. */
async function visit(round: Round, post: Post): Promise<void> {
  const { caller, leaseMs, sweepMs, onRaised, onError } = round.host;
  const { partition, everyMs, quietAt } = post;
  const quietMs = quietAt === undefined ? -1 : Math.ceil(performance.now() - quietAt);
  try {
    const steady = Number(Math.max(round.leastMs, sweepMs) <= leaseMs / 2);
    const swept = await sweepAt(caller, partition, { leaseMs, everyMs, quietMs, steady });
    post.quietAt = undefined;
    post.sweptAt = performance.now();
    post.workers = swept.workers;
    swept.resurrected.forEach(onRaised);
    plan(round, post, swept);
  } catch (error) {
    onError(error);
    putOff(round, post);
  }
}

/** Plans the next visit: when something is due, or when it is the turn of this worker again. */
function plan(
  { host: { leaseMs, sweepMs }, leastMs }: Round,
  post: Post,
  { dueMs, more = false, resurrected = [] }: Pick<Swept, "dueMs"> & Partial<Swept>,
): void {
  const now = performance.now();
  const usualMs = Math.max(sweepTurnMs(post.workers, leaseMs), leastMs, sweepMs);
  const urgentMs = resurrected.length > 0 ? dueMs : Math.max(dueMs, sweepMs);
  if (more) {
    post.dueAt = now;
    post.everyMs = 0;
  } else if (dueMs >= 0 && urgentMs < usualMs) {
    post.dueAt = now + urgentMs;
    post.everyMs = askedMs;
  } else {
    // Workers that came at the same time spread out; then jitter keeps them apart.
    const together = post.workers > 1 && post.everyMs !== routineMs;
    post.dueAt = now + usualMs * (together ? Math.random() : jitter());
    post.everyMs = routineMs;
  }
}

/** Plans the next visit after a failure. */
function putOff({ host: { sweepMs } }: Round, post: Post): void {
  post.dueAt = performance.now() + Math.max(failedMs, sweepMs) * jitter();
  post.everyMs = askedMs;
}

/** Keeps workers apart. It only shortens a pause: a longer one may count as an absence of Redis. */
function jitter(): number {
  return 0.9 + Math.random() * 0.1;
}
