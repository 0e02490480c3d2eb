/**
 * Looks at many queues in one call, to find those with something to claim or to sweep.
 *
 * @module
 */

import { batches } from "../base/batches.ts";
import { RedisError, type RedisPort } from "../port.ts";
import type { Partition } from "../protocol/keys.ts";
import type { Caller } from "../redis/call.ts";
import { callEach } from "../redis/call_each.ts";
import { look } from "../redis/generated/worker.ts";

/** The state of a queue, as far as claims and sweeps depend on it. */
export interface QueueLook {
  /** True if a task runs. */
  readonly running: boolean;
  /** The number of tasks that wait for a worker. */
  readonly ready: number;
  /** Milliseconds until another one may be claimed; -1 without one. */
  readonly dueMs: number;
  /** Milliseconds until a sweep is useful; -1 if nothing is known. */
  readonly sweepMs: number;
}

/** Clusters: the keys of several queues are on several nodes there. */
const clusters = new WeakSet<RedisPort>();

/**
 * Looks at `partitions`, at 200 in each call; resolves to undefined on a cluster, which
 * refuses such calls.
 */
export async function lookAtEach(
  caller: Caller,
  partitions: readonly Partition[],
): Promise<QueueLook[] | undefined> {
  if (clusters.has(caller.port)) return undefined;
  try {
    const pages = [...batches(partitions)].map((page) => callEach(caller, page, look));
    return (await Promise.all(pages)).flat().map(([, , , running, ready, dueMs, sweepMs]) => ({
      running: running === 1,
      ready,
      dueMs,
      sweepMs,
    }));
  } catch (error) {
    if (!RedisError.is(error) || error.reply !== "CROSSSLOT") throw error;
    clusters.add(caller.port);
    return undefined;
  }
}
