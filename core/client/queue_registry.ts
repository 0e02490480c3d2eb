/**
 * Records the queues that are in use: each process registers a queue when it first pushes to it or
 * works on it, and again about once an hour. The names are one sorted set, so listing them never
 * scans the keys of a server.
 *
 * @module
 */

import { registerAgainMs } from "../defaults.ts";
import type { RedisPort } from "../port.ts";
import { type Partition, partitionOf } from "../protocol/keys.ts";
import { registryQueue } from "../protocol/queue_name.ts";
import { call, type Caller } from "../redis/call.ts";
import { registerQueue } from "../redis/generated/client.ts";
import { noLossDetection } from "../redis/loss_detector.ts";
import type { Telemetry } from "../telemetry/observer.ts";

/** The registry of a client. */
export interface QueueRegistry {
  /** The partition of the registry itself; any server of a cluster may hold it. */
  readonly partition: Partition;
  readonly caller: Caller;
  /** Registers `queue`, unless it was registered lately. Never throws, and waits for nothing. */
  enlist(queue: string): void;
  /** Registers `queue` again on its next use, or every queue: Redis has deleted or lost its name. */
  forget(queue?: string): void;
}

const retryMs = 5000;

/** Makes the registry of a client. */
export function createQueueRegistry(
  port: RedisPort,
  prefix: string,
  telemetry: Telemetry,
): QueueRegistry {
  const partition = partitionOf(registryQueue, 0, prefix);
  // No loss detection here: the registry is rebuilt by the next push.
  const caller: Caller = { port, lossDetector: noLossDetection, telemetry };
  const dueAt = new Map<string, number>();
  return {
    partition,
    caller,
    enlist(queue) {
      const now = performance.now();
      if (now < (dueAt.get(queue) ?? -Infinity)) return;
      dueAt.set(queue, now + registerAgainMs);
      call(caller, partition, registerQueue, { queue }).catch(() =>
        dueAt.set(queue, now + retryMs)
      );
    },
    forget: (queue) => queue === undefined ? dueAt.clear() : void dueAt.delete(queue),
  };
}
