/**
 * What an operator does to a queue, as one thing to load, by the first who does.
 *
 * @module
 */

import { limitRows } from "../protocol/limits.ts";
import { auditHome } from "../inspection/audit.ts";
import { batches } from "../base/batches.ts";
import { RelierError } from "../base/errors.ts";
import { giveOrder, listWorkers } from "../inspection/worker_list.ts";
import { type Home, idOf, localOf } from "../protocol/keys.ts";
import { heldBy, pageOf } from "../inspection/task_list.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { discard, inspect, limit, pause, promote, resume } from "../redis/generated/operations.ts";
import { booleanOption, keyOption, knownOptions, oneOf } from "../base/options.ts";
import { evictAll, sweepOnce } from "../recovery/sweeper.ts";
import type { Reply } from "../port.ts";
import type { Acts } from "../client/lazy_queue.ts";
import { type Definitions, releaseTasks } from "./release.ts";
import { repairHome } from "../recovery/repair.ts";
import { restoreTasks } from "./restore.ts";
import { call, type Caller } from "../redis/call.ts";
import { readStats } from "../inspection/queue_stats.ts";
import { readDetails, type TaskDetails } from "../inspection/task_details.ts";

export { readActions, recordAction } from "./operator_log.ts";
export { findTasks } from "../inspection/task_list.ts";
export { askServer } from "../redis/server_info.ts";

/** The most characters of a reason or a cause. */
const mostReason = 200;

/** All that is stored of the task `local`, if there is one. */
export async function inspectTask(
  caller: Caller,
  home: Home,
  local: string,
): Promise<TaskDetails | undefined> {
  const reply = await call(caller, home, inspect, { id: local });
  if (reply[0] === "unknown") return undefined;
  const [, , , facts, history, envelope, partial, task, steps] = reply;
  return readDetails(home, task, facts, history, envelope, partial, steps);
}

/** Makes what can be done to the queue at `home`; see `createQueue`. */
export function actsOn(
  caller: Caller,
  home: Home,
  definitions: Definitions,
  enlist: (queue: string) => void,
): Acts {
  async function each(
    ids: readonly string[],
    move: (rows: { id: string }[]) => Promise<readonly Reply[]>,
  ): Promise<string[]> {
    const rows = ids.map((id) => ({ id: localOf(id, home) }));
    const missed: string[] = [];
    for (const page of batches(rows)) {
      missed.push(...(await move(page) as string[]).map((local) => idOf(home, local)));
    }
    return missed;
  }

  return {
    stats: () => readStats(caller, home),
    page: async (state, options = {}) => await pageOf(caller, home, state, options),
    async inspect(id) {
      const details = await inspectTask(caller, home, localOf(id, home));
      if (details) return details;
      throw new RelierError("RL_NOT_FOUND", `Cannot find task "${id}"`);
    },
    heldBy: async (worker) => await heldBy(caller, home, keyOption("worker", worker)),
    workers: () => listWorkers(caller, home),
    commandWorker: async (worker, order) =>
      await giveOrder(caller, home, keyOption("worker", worker), order),
    evict: async (worker, cause) => {
      keyOption("worker", worker);
      return await evictAll(caller, home, worker, keyOption("cause", cause, mostReason));
    },
    sweep: () => sweepOnce(caller, home),
    async pause(what, reason) {
      const field = oneOf("what", what, ["claims", "pushes"]) === "claims" ? "paused" : "closed";
      keyOption("reason", reason, mostReason);
      enlist(home.queue);
      await call(caller, home, pause, { field, reason });
    },
    resume: async () => void await call(caller, home, resume, {}),
    async limit(limits) {
      const rows = limitRows(limits);
      enlist(home.queue);
      await call(caller, home, limit, {}, rows);
    },
    async release(ids) {
      const revisions = ids.map((each) => {
        if (typeof each !== "object" || !("payload" in (each ?? {}))) {
          return { local: localOf(each, home) };
        }
        knownOptions("release()", each, ["id", "payload"]);
        return { local: localOf(each.id, home), payload: each.payload };
      });
      return await releaseTasks(caller, home, revisions, definitions);
    },
    promote: (ids) =>
      each(
        ids,
        async (rows) => (await call(caller, home, promote, { token: randomLocal() }, rows))[3],
      ),
    discard: (ids) => each(ids, async (rows) => (await call(caller, home, discard, {}, rows))[3]),
    restore: async (lines) => {
      enlist(home.queue);
      return await restoreTasks(caller, home, lines, definitions);
    },
    audit: () => auditHome(caller, home),
    repair: ({ dryRun = false } = {}) => repairHome(caller, home, booleanOption("dryRun", dryRun)),
  };
}
