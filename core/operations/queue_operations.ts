/**
 * The operations on a queue. This module is loaded on first use.
 *
 * @module
 */

import { limitRows } from "../protocol/limits.ts";
import { auditPartition } from "../inspection/audit.ts";
import { batches } from "../base/batches.ts";
import { RelierError } from "../base/errors.ts";
import { commandWorker, listWorkers } from "../inspection/worker_list.ts";
import { idOf, localOf, type Partition } from "../protocol/keys.ts";
import { heldBy, pageOf, summaryOf } from "../inspection/task_list.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { discard, pause, promote, resume, setLimits } from "../redis/generated/operations.ts";
import { booleanOption, keyOption, knownOptions, oneOf } from "../base/options.ts";
import { evictAll, sweepOnce } from "../recovery/sweeper.ts";
import type { Reply } from "../port.ts";
import type { QueueOperations } from "./queue.ts";
import { type Definitions, releaseTasks } from "./release.ts";
import { repairPartition } from "../recovery/repair.ts";
import { restoreTasks } from "./restore.ts";
import { call, type Caller } from "../redis/call.ts";
import { readHistory } from "../inspection/queue_history.ts";
import { readStats } from "../inspection/queue_stats.ts";
import { inspectTask } from "../inspection/inspect_task.ts";
import { maxReasonLength } from "../defaults.ts";

export { createClientOperations } from "./client_operations.ts";

/** Creates the operations on the queue at `partition`; see `createQueue`. */
export function createOperations(
  caller: Caller,
  partition: Partition,
  definitions: Definitions,
  enlist: (queue: string) => void,
): QueueOperations {
  async function each(
    ids: readonly string[],
    move: (rows: { id: string }[]) => Promise<readonly Reply[]>,
  ): Promise<string[]> {
    const rows = ids.map((id) => ({ id: localOf(id, partition) }));
    const missed: string[] = [];
    for (const page of batches(rows)) {
      missed.push(...(await move(page) as string[]).map((local) => idOf(partition, local)));
    }
    return missed;
  }

  return {
    stats: () => readStats(caller, partition),
    history: async (query) => await readHistory(caller, partition, query),
    page: async (state, options = {}) => await pageOf(caller, partition, state, options),
    summary: async (id) => found(id, await summaryOf(caller, partition, localOf(id, partition))),
    inspect: async (id) => found(id, await inspectTask(caller, partition, localOf(id, partition))),
    heldBy: async (worker) => await heldBy(caller, partition, keyOption("worker", worker)),
    workers: () => listWorkers(caller, partition),
    commandWorker: async (worker, order) =>
      await commandWorker(caller, partition, keyOption("worker", worker), order),
    evict: async (worker, cause) => {
      keyOption("worker", worker);
      return await evictAll(caller, partition, worker, keyOption("cause", cause, maxReasonLength));
    },
    sweep: () => sweepOnce(caller, partition),
    async pause(what, reason) {
      const field = oneOf("what", what, ["claims", "pushes"]) === "claims" ? "paused" : "closed";
      keyOption("reason", reason, maxReasonLength);
      enlist(partition.queue);
      await call(caller, partition, pause, { field, reason });
    },
    resume: async () => void await call(caller, partition, resume, {}),
    async limit(limits) {
      const rows = limitRows(limits);
      enlist(partition.queue);
      await call(caller, partition, setLimits, {}, rows);
    },
    async release(ids) {
      const revisions = ids.map((each) => {
        if (typeof each !== "object" || !("payload" in (each ?? {}))) {
          return { local: localOf(each, partition) };
        }
        knownOptions("release()", each, ["id", "payload"]);
        return { local: localOf(each.id, partition), payload: each.payload };
      });
      return await releaseTasks(caller, partition, revisions, definitions);
    },
    promote: (ids) =>
      each(
        ids,
        async (rows) => (await call(caller, partition, promote, { token: randomLocal() }, rows))[3],
      ),
    discard: (ids) =>
      each(ids, async (rows) => (await call(caller, partition, discard, {}, rows))[3]),
    restore: async (lines) => {
      enlist(partition.queue);
      return await restoreTasks(caller, partition, lines, definitions);
    },
    audit: () => auditPartition(caller, partition),
    repair: ({ dryRun = false } = {}) =>
      repairPartition(caller, partition, booleanOption("dryRun", dryRun)),
  };
}

/** Returns `task`. @throws {RelierError} `RL_NOT_FOUND` if there is none. */
function found<T>(id: string, task: T | undefined): T {
  if (task) return task;
  throw new RelierError("RL_NOT_FOUND", `Cannot find task "${id}"`);
}
