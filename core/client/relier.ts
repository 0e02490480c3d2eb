/**
 * The interface of the client. `create_relier.ts` implements it.
 *
 * @module
 */

import type { Duration } from "../base/duration.ts";
import type { AdmissionRejectedError } from "../base/errors.ts";
import type { ActionPage, ActionPageOptions, OperatorAction } from "../operations/operator_log.ts";
import type { QueueName } from "../inspection/queue_list.ts";
import type { FindOptions } from "../inspection/task_list.ts";
import type { DeleteQueueOptions } from "../operations/delete_queue.ts";
import type { Queue } from "../operations/queue.ts";
import type { Log } from "../log/logger.ts";
import type { Admission, AdmitOptions } from "../producer/admission_check.ts";
import type { HandleSource } from "../producer/create_handle.ts";
import type { Definition } from "../task/definition.ts";
import type { PendingTask, TaskHandle } from "../task/handle.ts";
import type { PushOptions } from "../task/push_options.ts";
import type { AsJson } from "../task/stored.ts";
import type { Task } from "../task/task.ts";
import type { Telemetry, TelemetryOptions } from "../telemetry/observer.ts";
import type { QueueRegistry } from "./queue_registry.ts";

/** Options of {@linkcode Relier.within}. */
export interface WithinOptions {
  /** The tenant of pushes that name no other; 1 to 128 characters. */
  tenant?: string;
  /** Receives each push that a limit refused, before the caller of the push gets the error. */
  onRefused?: (error: AdmissionRejectedError) => void;
}

/** The place where a client stores its tasks. */
export interface RelierStore {
  /** `host:port`, with `/database` unless it is 0, or the path of a socket; undefined for a port. */
  readonly redis: string | undefined;
  /** The prefix of all keys. */
  readonly prefix: string;
}

/** A client. */
export interface Relier extends AsyncDisposable {
  /** The place where it stores its tasks, for logs and pages: without user and password. */
  readonly store: RelierStore;
  /** Pushes `task` through this client; see {@linkcode Task.push}. */
  push<A extends unknown[], R>(task: Task<string, A, R>, ...args: A): PendingTask<AsJson<R>>;
  /** Pushes `task` through this client; see {@linkcode Task.apush}. */
  apush<A extends unknown[], R>(
    task: Task<string, A, R>,
    ...args: A
  ): Promise<TaskHandle<AsJson<R>>>;
  /** Pushes `task` through this client once for each argument list; see {@linkcode Task.apushMany}. */
  apushMany<A extends unknown[], R>(
    task: Task<string, A, R>,
    list: readonly A[],
    options?: PushOptions,
  ): Promise<TaskHandle<AsJson<R>>[]>;
  /**
   * Runs `work` with a client that is bound to its calls. A bare `task.apush()` in `work`, also after
   * an `await`, goes through this client and is for `tenant` unless it names another. In a handler,
   * tasks still go through the client of its worker. Without AsyncLocalStorage a bare push cannot
   * find the client: push through the client that `work` receives, which works everywhere.
   *
   * @throws TypeError, RangeError if an option is not valid.
   */
  within<R>(options: WithinOptions, work: (relier: Relier) => R): R;
  /**
   * Asks whether `queue` would accept tasks now, and how much is left of its limits. It changes
   * nothing but the counter of refusals, and promises nothing: the push itself decides, and a push
   * may still join an existing task.
   *
   * @throws {RedisError} If Redis refused or did not answer.
   * @throws TypeError, RangeError if an option is not valid.
   */
  admit(queue: string, options?: AdmitOptions): Promise<Admission>;
  /** The task with this id. @throws RangeError if `id` is not a task id. */
  handle<R = unknown>(id: string): TaskHandle<R>;
  /**
   * Runs a completed or cancelled task again: pushes its payload as a new task, with a new id and a
   * new `ctx.idempotencyKey`, so its effects are repeated. Its header `relier-run-again-of` holds the
   * old id. Needs a payload that was kept: see `keepPayload` of a task.
   *
   * @throws {RelierError} `RL_NOT_FOUND`; `RL_CONFLICT` if the task is not over, or its payload is
   * gone; `RL_ADMISSION` if its queue accepts no task now.
   * @throws RangeError if `id` is not a task id.
   */
  runAgain(id: string): Promise<TaskHandle>;
  /** A queue, to read and to operate. */
  queue(name: string): Queue;
  /** Every queue that was pushed to or worked on, by name. */
  queues(): Promise<QueueName[]>;
  /**
   * The full ids of at most ten tasks, of all queues, whose local or full id starts with `beginning`.
   *
   * @throws RangeError if it has looked at `maxScanned` tasks before the end; never for a full id.
   */
  find(beginning: string, options?: FindOptions): Promise<string[]>;
  /**
   * Deletes a queue: the results of its finished tasks, its limits and its counters. `force: true`
   * also deletes unfinished and dead tasks. A later push starts the queue again.
   *
   * @throws {RelierError} `RL_CONFLICT` if a worker serves it, or if it holds unfinished or dead
   * tasks and `force` is not set. Nothing is changed then.
   */
  deleteQueue(name: string, options?: DeleteQueueOptions): Promise<void>;
  /** The fields of INFO, by name; of a cluster, from one of its servers. */
  server(): Promise<Readonly<Record<string, string>>>;
  /** The actions of operators through this package's tools, newest first; 10,000 are kept. */
  actions(options?: ActionPageOptions): Promise<ActionPage>;
  /** Records an action of an operator, for {@linkcode actions}. A tool calls it before it acts. */
  recordAction(action: OperatorAction): Promise<void>;
  /**
   * Resolves once every `push()` so far is accepted or reported.
   *
   * @throws {RelierError} `RL_CONNECTION` if that takes longer than `timeout`, 30 s by default.
   */
  flush(options?: { timeout?: Duration }): Promise<void>;
  /** Drains its workers, flushes, then closes the connections that this client opened. */
  close(): Promise<void>;
}

/** The parts of a client that workers and locks use. */
export interface ClientInternals extends HandleSource {
  readonly prefix: string;
  readonly log: Log;
  readonly definitionNamed: (name: string) => Definition | undefined;
  /** The tasks of this client. */
  readonly definitions: () => readonly Definition[];
  readonly registry: QueueRegistry;
  /** The drains of its workers at work: they settle through its connection. */
  readonly drains: Set<() => Promise<unknown>>;
  readonly telemetry: Telemetry;
  readonly telemetryOptions: TelemetryOptions | false;
  /** True if its workers keep the history of their queues. */
  readonly history: boolean;
}
