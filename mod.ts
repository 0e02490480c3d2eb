/**
 * A reliability layer for background tasks on Redis. An accepted task ends in
 * exactly one of *completed*, *dead* or *cancelled*, whatever happens to your
 * processes.
 *
 * @example
 * ```ts
 * import { createRelier, createWorker, rlTask } from "@relier/core";
 *
 * const greet = rlTask("greet", async (name: string) => `hello ${name}`);
 *
 * const rl = createRelier({ redis: "redis://127.0.0.1:6379" });
 * const worker = createWorker(rl);
 * await worker.start();
 *
 * const handle = await greet.apush("world"); // resolves once Redis has it
 * console.log(await handle.result()); // hello world
 * await worker.drain();
 * await rl.close();
 * ```
 *
 * @module
 */

export type { WorkerInfo } from "./core/protocol/worker_info.ts";
export type {
  ActionPage,
  ActionPageOptions,
  OperatorAction,
  RecordedAction,
} from "./core/operations/operator_log.ts";
export type { AdmissionOptions, AdmissionRate, QueueLimits } from "./core/protocol/limits.ts";
export type { Admission, AdmitOptions, Quota } from "./core/producer/admission_check.ts";
export type { RetryOptions } from "./core/task/retry_policy.ts";
export { taskContext } from "./core/task/current_run.ts";
export type { TaskContext } from "./core/task/task_context.ts";
export type {
  AsJson,
  NoJson,
  Storable,
  Stored,
  StoredArguments,
  StoredResult,
} from "./core/task/stored.ts";
export type { TaskOptions } from "./core/task/definition.ts";
export type { DrainReport } from "./core/worker/drain.ts";
export type { Duration } from "./core/base/duration.ts";
export {
  type AdmissionReason,
  AdmissionRejectedError,
  type PayloadIssue,
  PayloadValidationError,
  RelierError,
  type RelierErrorCode,
  type RelierErrorOptions,
  TaskFailedError,
} from "./core/base/errors.ts";
export type { WorkerEntry } from "./core/inspection/worker_list.ts";
export type { Outcome, PendingTask, TaskHandle, TaskStatus } from "./core/task/handle.ts";
export type { WorkerHealth } from "./core/worker/health.ts";
export type {
  DelayedTask,
  EndedRun,
  EventError,
  FailedRun,
  QueueEvent,
  TaskEvent,
  TaskEventBase,
  TaskEventFields,
  TaskEventType,
} from "./core/redis/event_message.ts";
export type { FollowOptions } from "./core/redis/event_stream.ts";
export { keyId } from "./core/client/key_id.ts";

export type {
  FindOptions,
  PageOptions,
  TaskOverview,
  TaskPage,
} from "./core/inspection/task_list.ts";
export { idempotencyLock, idempotent, lockQueue } from "./core/client/idempotency_lock.ts";
export type { IdempotencyLock, LockOptions } from "./core/client/lock_lease.ts";
export type { WorkerCommand } from "./core/protocol/worker_command.ts";
export {
  type Confirm,
  type Program,
  RedisError,
  type RedisFailure,
  type RedisPort,
  type Reply,
} from "./core/port.ts";
export type { IfDead, PushOptions } from "./core/task/push_options.ts";
export type { Resurrection } from "./core/recovery/sweeper.ts";
export type { Queue } from "./core/operations/queue.ts";
export type { DeleteQueueOptions } from "./core/operations/delete_queue.ts";
export type { QueueName } from "./core/inspection/queue_list.ts";
export { createRelier } from "./core/client/create_relier.ts";
export type { Relier, RelierStore, WithinOptions } from "./core/client/relier.ts";
export type { RedisTarget, RelierOptions } from "./core/client/relier_options.ts";
export type { ExportedTask } from "./core/operations/restore.ts";
export { Discard, Retry } from "./core/task/control_errors.ts";
export type {
  StandardIssue,
  StandardProps,
  StandardResult,
  StandardSchema,
} from "./core/task/standard_schema.ts";
export { states, type TaskState, type Transition, transitions } from "./core/states.ts";
export type { CountRecord } from "./core/inspection/count_record.ts";
export type { HistoryQuery, HistorySeries, QueueHistory } from "./core/inspection/queue_history.ts";
export type { QueueStats } from "./core/inspection/queue_stats.ts";
export type {
  Attempt,
  StepResult,
  TaskDetails,
  TaskSummary,
} from "./core/inspection/task_details.ts";
export {
  type Checked,
  definedTasks,
  type Pusher,
  rlTask,
  type SchemaInput,
  type SchemaOutput,
  type Task,
} from "./core/task/task.ts";
export { taskRef, type TaskRefArguments, type TaskRefOptions } from "./core/task/task_ref.ts";
export type { TelemetryOptions } from "./core/telemetry/observer.ts";
export type { OverrunTask } from "./core/worker/claim_ends.ts";
export type { TickOptions, TickReport } from "./core/worker/tick.ts";
export type { Buckets, Timings } from "./core/base/histogram.ts";
export { createWorker } from "./core/worker/create_worker.ts";
export type { Worker } from "./core/worker/worker.ts";
export type {
  EndedAttempt,
  EventAttempt,
  EventTask,
  LostTask,
  WorkerEvent,
  WorkerEventName,
  WorkerEvents,
} from "./core/log/events.ts";
export type { LogFields, Logger, LogLevel } from "./core/log/logger.ts";
export type { WorkerOptions } from "./core/worker/worker_options.ts";
