/**
 * A queue, as operators see it: `rl`, the dashboard and tests read and change tasks through this
 * interface. `client/lazy_queue.ts` implements it by loading `queue_operations.ts` on first use.
 *
 * @module
 */

import type { HistoryQuery, QueueHistory } from "../inspection/queue_history.ts";
import type { QueueStats } from "../inspection/queue_stats.ts";
import type { TaskDetails, TaskSummary } from "../inspection/task_details.ts";
import type { PageOptions, TaskOverview, TaskPage } from "../inspection/task_list.ts";
import type { WorkerEntry } from "../inspection/worker_list.ts";
import type { QueueLimits } from "../protocol/limits.ts";
import type { WorkerCommand } from "../protocol/worker_command.ts";
import type { Resurrection } from "../recovery/sweeper.ts";
import type { QueueEvent } from "../redis/event_message.ts";
import type { FollowOptions } from "../redis/event_stream.ts";
import type { TaskState } from "../states.ts";
import type { ExportedTask } from "./restore.ts";

/** A queue. */
export interface Queue {
  /** The name that tasks use. */
  readonly name: string;
  /** Counts tasks by state, and events so far. */
  stats(): Promise<QueueStats>;
  /**
   * Counts by minute or by hour, of the queue or by the name of the task. Workers write them with
   * their heartbeats, so the newest are a few seconds old.
   *
   * @throws RangeError, TypeError if a part of `query` is not valid.
   */
  history(query: HistoryQuery): Promise<QueueHistory>;
  /** One page of a state, in its order. */
  page(state: TaskState, options?: PageOptions): Promise<TaskPage>;
  /**
   * A task without its payload, its results and its history: a small answer, however large these are.
   *
   * @throws {RelierError} `RL_NOT_FOUND`
   */
  summary(id: string): Promise<TaskOverview>;
  /**
   * All that is stored of a task.
   *
   * @throws {RelierError} `RL_NOT_FOUND`
   */
  inspect(id: string): Promise<TaskDetails>;
  /** The tasks that a worker runs or holds ready, at most 200. */
  heldBy(worker: string): Promise<TaskSummary[]>;
  /** The workers that send heartbeats, at most 200. */
  workers(): Promise<WorkerEntry[]>;
  /**
   * Sends a command to a worker. It arrives at once if the worker is subscribed, else with its next
   * heartbeat.
   *
   * @throws {RelierError} `RL_NOT_FOUND`
   */
  commandWorker(worker: string, order: WorkerCommand): Promise<void>;
  /**
   * Resurrects at once the tasks of a worker that is known to have ended; `cause` is what ended it,
   * such as `SIGKILL`. Resolves to its tasks: each runs again, alone or not, or is dead.
   */
  evict(worker: string, cause: string): Promise<Resurrection[]>;
  /** Does once what every worker does by itself: resurrects tasks of lost workers, and tidies up. */
  sweep(): Promise<{ resurrected: Resurrection[]; nextMs: number }>;
  /** Stops claims by workers, or refuses pushes, until {@linkcode resume}. */
  pause(what: "claims" | "pushes", reason: string): Promise<void>;
  /** Undoes every {@linkcode pause}. */
  resume(): Promise<void>;
  /** Sets limits for every producer and worker. `null` removes a limit; others stay as they are. */
  limit(limits: QueueLimits): Promise<void>;
  /**
   * Moves dead tasks back into this queue, with a new payload if one is given. Resolves to the ids
   * that were not dead.
   *
   * @throws {RelierError} `RL_VALIDATION`, `RL_PAYLOAD_TOO_LARGE` for a payload.
   */
  release(ids: readonly (string | { id: string; payload: unknown })[]): Promise<string[]>;
  /** Makes scheduled tasks ready now. Resolves to the ids that were not scheduled. */
  promote(ids: readonly string[]): Promise<string[]>;
  /**
   * Deletes dead, completed and cancelled tasks for good. Resolves to the ids in another state.
   */
  discard(ids: readonly string[]): Promise<string[]>;
  /** Imports exported tasks as dead ones. Resolves to the ids that existed already. */
  restore(lines: readonly ExportedTask[]): Promise<string[]>;
  /** Follows the events of this queue. Events are not stored: earlier ones are missed. */
  events(options?: FollowOptions): AsyncIterable<QueueEvent>;
  /** Checks the invariants of the queue. Resolves to one sentence for each that is broken. */
  audit(): Promise<string[]>;
  /**
   * Repairs what {@linkcode audit} finds, without losing a payload. Resolves to one sentence for each
   * change; with `dryRun` it changes nothing.
   */
  repair(options?: { dryRun?: boolean }): Promise<string[]>;
}

/** The methods that call Redis once or more, and return a promise. */
export type QueueOperations = Omit<Queue, "name" | "events">;
