/**
 * A queue, to look into and to act on: what `rl`, the dashboard and tests use.
 *
 * @module
 */

import { limitRows, type QueueLimits } from "./admission.ts";
import { auditHome } from "./audit.ts";
import { batches } from "./batches.ts";
import { RelierError } from "./errors.ts";
import { giveOrder, readFleet, type WorkerEntry } from "./fleet.ts";
import { follow, type FollowOptions, type QueueHappening } from "./happenings.ts";
import { type Home, idOf, localOf } from "./keys.ts";
import { heldBy, pageOf, type PageOptions, type TaskPage } from "./listing.ts";
import { randomLocal } from "./local_id.ts";
import { booleanOption, keyOption, knownOptions, oneOf } from "./options.ts";
import type { WorkerOrder } from "./orders.ts";
import { evictAll, type Resurrection, sweepOnce } from "./phoenix.ts";
import type { Reply } from "./port.ts";
import { type Definitions, releaseTasks } from "./release.ts";
import { repairHome } from "./repair.ts";
import { type ExportedTask, restoreTasks } from "./restore.ts";
import { call, type Caller } from "./script.ts";
import { discard, inspect, limit, pause, promote, resume } from "./scripts.ts";
import type { TaskState } from "./states.ts";
import { type QueueStats, readStats } from "./stats.ts";
import { readDetails, type TaskDetails, type TaskSummary } from "./summary.ts";

/** A queue. */
export interface Queue {
  readonly name: string;
  stats(): Promise<QueueStats>;
  /** One page of a state, in its order. */
  page(state: TaskState, options?: PageOptions): Promise<TaskPage>;
  /** @throws {RelierError} `RL_NOT_FOUND` */
  inspect(id: string): Promise<TaskDetails>;
  /** What a worker runs and holds ready, at most 200. */
  held(worker: string): Promise<TaskSummary[]>;
  /** The workers that beat, at most 200. */
  workers(): Promise<WorkerEntry[]>;
  /**
   * Tells a worker what to do: at once where it listens, else with its next beat.
   *
   * @throws {RelierError} `RL_NOT_FOUND`
   */
  order(worker: string, order: WorkerOrder): Promise<void>;
  /**
   * Brings back at once what a worker held that is known to have ended; `cause`
   * is what it ended by, such as `SIGKILL`. Resolves to the ids of what it held
   * once that may run again, or waits in quarantine.
   */
  evict(worker: string, cause: string): Promise<string[]>;
  /** Does what every worker does by itself: brings back what the dead have left, and tidies up. */
  sweep(): Promise<{ raised: Resurrection[]; nextMs: number }>;
  /** Has workers claim nothing here, or pushes refused, until {@linkcode resume}. */
  pause(what: "claims" | "pushes", reason: string): Promise<void>;
  /** Undoes every {@linkcode pause}. */
  resume(): Promise<void>;
  /** Sets limits for every producer and worker; `null` removes one, what is not named stays. */
  limit(limits: QueueLimits): Promise<void>;
  /**
   * Moves dead tasks back into this queue, with another payload where one is
   * given; resolves to the ids that were not dead.
   *
   * @throws {RelierError} `RL_VALIDATION`, `RL_PAYLOAD_TOO_LARGE` for a payload.
   */
  release(ids: readonly (string | { id: string; payload: unknown })[]): Promise<string[]>;
  /** Makes scheduled tasks ready now; resolves to the ids that were not scheduled. */
  promote(ids: readonly string[]): Promise<string[]>;
  /** Forgets dead, completed and cancelled tasks for good; resolves to the ids in another state. */
  discard(ids: readonly string[]): Promise<string[]>;
  /**
   * Brings tasks back from an export, as dead ones; resolves to the ids that were
   * here already.
   */
  restore(lines: readonly ExportedTask[]): Promise<string[]>;
  /** Follows what happens here. Not stored: what happened before is missed. */
  events(options?: FollowOptions): AsyncIterable<QueueHappening>;
  /** Looks for broken invariants; resolves to a sentence for each. */
  audit(): Promise<string[]>;
  /**
   * Puts right what the audit finds, and loses no payload doing it; resolves to a
   * sentence for each deed. With `dryRun` it says what it would do.
   */
  repair(options?: { dryRun?: boolean }): Promise<string[]>;
}

/** The most characters of a reason or a cause. */
const mostReason = 200;

/**
 * Makes the queue at `home`; `definitions` are the tasks this process knows, and
 * `enlist` is told of a queue that something is stored for.
 */
export function createQueue(
  caller: Caller,
  home: Home,
  definitions: Definitions,
  enlist: (queue: string) => void,
): Queue {
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
    name: home.queue,
    stats: () => readStats(caller, home),
    page: async (state, options = {}) => await pageOf(caller, home, state, options),
    async inspect(id) {
      const reply = await call(caller, home, inspect, { id: localOf(id, home) });
      if (reply[0] === "unknown") throw new RelierError("RL_NOT_FOUND", `Cannot find task "${id}"`);
      const [, , , facts, history, envelope, partial, task] = reply;
      return readDetails(home, task, facts, history, envelope, partial);
    },
    held: async (worker) => await heldBy(caller, home, keyOption("worker", worker)),
    workers: () => readFleet(caller, home),
    order: async (worker, order) =>
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
    events: (options = {}) => follow(caller.port, home, options),
    audit: () => auditHome(caller, home),
    repair: ({ dryRun = false } = {}) => repairHome(caller, home, booleanOption("dryRun", dryRun)),
  };
}
