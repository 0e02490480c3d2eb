/**
 * The numbers of a worker's queues, for metrics. One worker reports each queue, reads it
 * in one call, and takes no longer than a collection of metrics may.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import { waitAtMost } from "../base/timers.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { queueGauges } from "../redis/generated/worker.ts";
import type { QueueGauges } from "../telemetry/facts.ts";

/** The time a collection waits for Redis; after that it gets the numbers of the one before. */
const mostMs = 250;
/** Longer than the usual minute between collections, so that the lease stays with its worker. */
const leastLeaseMs = 90_000;
const mostLeaseMs = 900_000;

/** Makes the reader of those `partitions` that `worker` is to report. It never rejects. */
export function createReport(
  caller: Caller,
  partitions: readonly Partition[],
  worker: string,
): () => Promise<readonly QueueGauges[]> {
  const last = new Map<Partition, QueueGauges>();
  let askedAt: number | undefined;

  async function ask(partition: Partition, leaseMs: number): Promise<void> {
    const reply = await call(caller, partition, queueGauges, { worker, leaseMs });
    if (reply[0] === "other") return void last.delete(partition);
    const [, , , counts, oldestMs, workers, memory] = reply;
    const [used, limit] = memory.map(Number) as [number, number];
    last.set(partition, {
      queue: partition.queue,
      tasks: pairs(counts) as [string, number][],
      workers: pairs(workers) as [string, number][],
      oldestMs,
      memory: { used, limit },
    });
  }

  return async () => {
    const now = performance.now();
    const gap = now - (askedAt ?? now);
    askedAt = now;
    const leaseMs = Math.round(Math.min(mostLeaseMs, Math.max(leastLeaseMs, 2 * gap)));
    const asked = Promise.all(
      partitions.map((partition) => ask(partition, leaseMs).catch(() => {})),
    );
    await waitAtMost(mostMs, asked);
    return [...last.values()];
  };
}
