/**
 * A pushed task, as its caller sees it. `producer/create_handle.ts` implements it.
 *
 * @module
 */

import type { Duration } from "../base/duration.ts";
import type { TaskEvent } from "../redis/event_message.ts";
import type { FollowOptions } from "../redis/event_stream.ts";
import type { TaskState } from "../states.ts";

/**
 * The outcome of a push: `"created"`, or the state of the task that has its key. `"joined"`: the
 * task waits for its run. `"running"`: it runs now, and does not run again. `"replayed"`: it is
 * completed, and its result answers. `"dead"`: it failed for good, and nothing runs.
 */
export type Outcome = "created" | "joined" | "running" | "replayed" | "dead";

/** The status of a task. */
export interface TaskStatus {
  /** Its state. */
  readonly state: TaskState;
  /** Failures so far, plus 1. */
  readonly attempt: number;
  /** 0 to 100, while its handler reports it. */
  readonly progress?: number;
  /** The worker that runs it, or ran it last. */
  readonly worker?: string;
  /** The reason for its state, such as `failed`, `presence` or `crashes`. */
  readonly reason?: string;
  /** Why the result of a completed task is not all that its handler returned. */
  readonly resultNote?: string;
}

/** A task that was pushed, or found by its id. */
export interface TaskHandle<R = unknown> {
  /** `<queue>~<partition>~<local>`. */
  readonly id: string;
  /** The outcome of the push; `"joined"` for a handle made from an id, in any state. */
  readonly outcome: Outcome;
  /**
   * Reads the status of the task.
   *
   * @throws {RelierError} `RL_NOT_FOUND` if it was never accepted, or its retention ended.
   */
  status(): Promise<TaskStatus>;
  /**
   * Waits for the result; without end unless `timeout` is given. Of a result that JSON cannot hold
   * whole it is the part that was kept: `resultNote` of the status says why.
   *
   * @throws {TaskFailedError} If the task is dead.
   * @throws {RelierError} `RL_CANCELLED`, `RL_RESULT_TIMEOUT`, `RL_NOT_FOUND`; `RL_RESULT_NOT_KEPT`
   * if the task is completed and nothing of its result could be kept.
   */
  result(options?: { timeout?: Duration; signal?: AbortSignal }): Promise<R>;
  /**
   * Cancels the task; while it runs, asks its worker to stop it. Resolves to `false` if it is completed,
   * dead or unknown.
   */
  cancel(reason?: string): Promise<boolean>;
  /**
   * Follows the events of the task until it is final. Events are not stored: earlier ones, and those
   * during a cut of the connection, are missed.
   */
  events(options?: FollowOptions): AsyncIterable<TaskEvent>;
}

/** Returned by `push()`: the id is known now; awaiting it waits for Redis. */
export interface PendingTask<R = unknown> extends PromiseLike<TaskHandle<R>> {
  /** The id it has, or will have once it is accepted. */
  readonly id: string;
  /** True once Redis has accepted it; never if the task of its key is dead. */
  readonly acked: boolean;
}
