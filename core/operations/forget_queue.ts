/**
 * Removes the name of a queue that is empty and out of use from the list of queues.
 *
 * @module
 */

import { registerAgainMs } from "../defaults.ts";
import { RelierError } from "../base/errors.ts";
import { readStats } from "../inspection/queue_stats.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller } from "../redis/call.ts";
import { forgetQueue as forgetQueueScript } from "../redis/generated/operations.ts";

/**
 * Removes the name of the queue at `partition` from `registry`. Its limits and counters stay.
 *
 * @throws {RelierError} `RL_CONFLICT` if it holds tasks, has workers, or was used in the last hour.
 */
export async function forgetQueue(
  caller: Caller,
  partition: Partition,
  registry: { readonly caller: Caller; readonly partition: Partition },
): Promise<void> {
  const { queue } = partition;
  const { counts, workers } = await readStats(caller, partition);
  const held = Object.values(counts).reduce((sum, n) => sum + n, 0);
  if (held > 0) {
    throw refused(queue, `it holds tasks (${held})`, "wait for them, or cancel and discard them");
  }
  if (workers.length > 0) {
    throw refused(queue, `workers serve it (${workers.length})`, "stop them first");
  }
  const args = { queue, againMs: registerAgainMs };
  const [word] = await call(registry.caller, registry.partition, forgetQueueScript, args);
  if (word === "used") {
    throw refused(queue, "it was used in the last hour", "forget it an hour after its last use");
  }
}

function refused(queue: string, why: string, hint: string): RelierError {
  return new RelierError("RL_CONFLICT", `Cannot forget queue "${queue}": ${why}`, { hint });
}
