/**
 * Deletes a queue: its tasks, its limits, its counters and its name in the list of queues.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { booleanOption, knownOptions } from "../base/options.ts";
import { readStats } from "../inspection/queue_stats.ts";
import type { Reply } from "../port.ts";
import type { Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { registerQueue } from "../redis/generated/client.ts";
import {
  deleteQueue as deleteQueueScript,
  unregisterQueue,
} from "../redis/generated/operations.ts";

/** Options of a deletion. */
export interface DeleteQueueOptions {
  /** True to delete unfinished and dead tasks, too. Default: false. */
  readonly force?: boolean;
}

/**
 * Deletes the queue at `partition`, and removes its name from `registry`.
 *
 * @throws {RelierError} `RL_CONFLICT` if a worker serves it, or if it holds unfinished or dead tasks
 * and `force` is not set.
 */
export async function deleteQueue(
  caller: Caller,
  partition: Partition,
  registry: { readonly caller: Caller; readonly partition: Partition },
  options: DeleteQueueOptions = {},
): Promise<void> {
  knownOptions("deleteQueue()", options, ["force"]);
  const force = booleanOption("force", options.force ?? false) ? 1 : 0;
  const { queue } = partition;
  const reply = await call(caller, partition, deleteQueueScript, { token: randomLocal(), force });
  if (reply[0] === "served") {
    throw refused(queue, `workers serve it (${reply[3]})`, "stop them first");
  }
  if (reply[0] === "held") {
    throw refused(queue, `it holds ${listed(reply[3])}`, "finish or delete them, or force it");
  }
  await call(registry.caller, registry.partition, unregisterQueue, { queue });
  // A push between the two calls took the name for registered.
  const { counts, workers } = await readStats(caller, partition);
  if (workers.length > 0 || Object.values(counts).some((n) => n > 0)) {
    await call(registry.caller, registry.partition, registerQueue, { queue });
  }
}

function listed(counts: readonly Reply[]): string {
  const some = pairs(counts).filter(([, n]) => Number(n) > 0);
  return `${some.map(([state, n]) => `${n} ${state}`).join(", ")} tasks`;
}

function refused(queue: string, why: string, hint: string): RelierError {
  return new RelierError("RL_CONFLICT", `Cannot delete queue "${queue}": ${why}`, { hint });
}
