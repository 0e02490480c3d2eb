/**
 * A queue, to look into and to act on: what `rl`, the dashboard and tests use.
 * What acts is loaded when somebody does: an app that only pushes does without.
 *
 * @module
 */

import type { QueueLimits } from "../protocol/limits.ts";
import { loaded } from "../task/current_run.ts";
import type { WorkerEntry } from "../inspection/worker_list.ts";
import { follow, type FollowOptions, type QueueEvent } from "../redis/event_stream.ts";
import type { Partition } from "../protocol/keys.ts";
import type { PageOptions, TaskPage } from "../inspection/task_list.ts";
import type { WorkerCommand } from "../protocol/worker_command.ts";
import type { Resurrection } from "../recovery/sweeper.ts";
import type { Definitions } from "../operations/release.ts";
import type { ExportedTask } from "../operations/restore.ts";
import type { Caller } from "../redis/call.ts";
import type { TaskState } from "../states.ts";
import type { QueueStats } from "../inspection/queue_stats.ts";
import type { TaskDetails, TaskSummary } from "../inspection/task_details.ts";

/** A queue. */
export interface Queue {
  /** As tasks name it. */
  readonly name: string;
  /** How many tasks are in each state, and what happened so far. */
  stats(): Promise<QueueStats>;
  /** One page of a state, in its order. */
  page(state: TaskState, options?: PageOptions): Promise<TaskPage>;
  /**
   * All that is stored of a task.
   *
   * @throws {RelierError} `RL_NOT_FOUND`
   */
  inspect(id: string): Promise<TaskDetails>;
  /** What a worker runs and holds ready, at most 200. */
  heldBy(worker: string): Promise<TaskSummary[]>;
  /** The workers that beat, at most 200. */
  workers(): Promise<WorkerEntry[]>;
  /**
   * Tells a worker what to do: at once where it listens, else with its next beat.
   *
   * @throws {RelierError} `RL_NOT_FOUND`
   */
  commandWorker(worker: string, order: WorkerCommand): Promise<void>;
  /**
   * Brings back at once what a worker held that is known to have ended; `cause`
   * is what it ended by, such as `SIGKILL`. Resolves to the ids of what it held
   * once that may run again, or waits in quarantine.
   */
  evict(worker: string, cause: string): Promise<string[]>;
  /** Does what every worker does by itself: brings back what the dead have left, and tidies up. */
  sweep(): Promise<{ resurrected: Resurrection[]; nextMs: number }>;
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
  events(options?: FollowOptions): AsyncIterable<QueueEvent>;
  /** Looks for broken invariants; resolves to a sentence for each. */
  audit(): Promise<string[]>;
  /**
   * Puts right what the audit finds, and loses no payload doing it; resolves to a
   * sentence for each deed. With `dryRun` it says what it would do.
   */
  repair(options?: { dryRun?: boolean }): Promise<string[]>;
}

/** What takes one call to Redis or more, and answers with a promise. */
export type Acts = Omit<Queue, "name" | "events">;

/**
 * Makes the queue at `partition`; `definitions` are the tasks this process knows, and
 * `enlist` is told of a queue that something is stored for.
 */
export function createQueue(
  caller: Caller,
  partition: Partition,
  definitions: Definitions,
  enlist: (queue: string) => void,
): Queue {
  type Act<K extends keyof Acts> = (...args: Parameters<Acts[K]>) => Promise<never>;
  const act = <K extends keyof Acts>(name: K): Act<K> => async (...args) => {
    const { actsOn } = await loaded(() => import("../operations/queue_operations.ts"));
    const acts = actsOn(caller, partition, definitions, enlist);
    return await (acts[name] as Act<K>)(...args);
  };
  return {
    name: partition.queue,
    events: (options = {}) => follow(caller.port, partition, options),
    stats: act("stats"),
    page: act("page"),
    inspect: act("inspect"),
    heldBy: act("heldBy"),
    workers: act("workers"),
    commandWorker: act("commandWorker"),
    evict: act("evict"),
    sweep: act("sweep"),
    pause: act("pause"),
    resume: act("resume"),
    limit: act("limit"),
    release: act("release"),
    promote: act("promote"),
    discard: act("discard"),
    restore: act("restore"),
    audit: act("audit"),
    repair: act("repair"),
  };
}
