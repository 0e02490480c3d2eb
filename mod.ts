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

export type { WorkerAbout } from "./core/about.ts";
export type {
  ActionPage,
  ActionPageOptions,
  OperatorAction,
  RecordedAction,
} from "./core/actions.ts";
export type { AdmissionOptions, AdmissionRate, QueueLimits } from "./core/admission.ts";
export type { Admission, AdmitOptions, Quota } from "./core/admit.ts";
export type { RetryOptions } from "./core/backoff.ts";
export { taskContext } from "./core/context.ts";
export type { TaskContext } from "./core/task_context.ts";
export type { TaskOptions } from "./core/definition.ts";
export type { DrainReport } from "./core/drain.ts";
export type { Duration } from "./core/duration.ts";
export {
  type AdmissionReason,
  AdmissionRejectedError,
  type PayloadIssue,
  PayloadValidationError,
  RelierError,
  type RelierErrorCode,
  type RelierErrorOptions,
  TaskFailedError,
} from "./core/errors.ts";
export type { WorkerEntry } from "./core/fleet.ts";
export type { Outcome, PendingTask, TaskHandle, TaskStatus } from "./core/handle.ts";
export type { WorkerHealth } from "./core/health.ts";
export type { FollowOptions, QueueHappening, TaskHappening } from "./core/happenings.ts";
export { keyId } from "./core/key_id.ts";
export type { WithinOptions } from "./core/lend.ts";
export type { PageOptions, TaskPage } from "./core/listing.ts";
export { idempotencyLock, idempotent, type LockOptions, lockQueue } from "./core/lock.ts";
export type { IdempotencyLock } from "./core/locking.ts";
export type { WorkerOrder } from "./core/orders.ts";
export {
  type Confirm,
  type Program,
  RedisError,
  type RedisFailure,
  type RedisPort,
  type Reply,
} from "./core/port.ts";
export type { PushOptions } from "./core/push_options.ts";
export type { Resurrection } from "./core/phoenix.ts";
export type { Queue } from "./core/queue.ts";
export type { QueueName } from "./core/registry.ts";
export { createRelier, type Relier } from "./core/relier.ts";
export type { RelierOptions } from "./core/relier_options.ts";
export type { ExportedTask } from "./core/restore.ts";
export { Discard, Retry } from "./core/signals.ts";
export type {
  StandardIssue,
  StandardProps,
  StandardResult,
  StandardSchema,
} from "./core/standard_schema.ts";
export { states, type TaskState, type Transition, transitions } from "./core/states.ts";
export type { QueueStats } from "./core/stats.ts";
export type { Attempt, StepResult, TaskDetails, TaskSummary } from "./core/summary.ts";
export {
  type Checked,
  definedTasks,
  type Pusher,
  rlTask,
  type SchemaInput,
  type SchemaOutput,
  type Task,
} from "./core/task.ts";
export { taskRef, type TaskRefArguments, type TaskRefOptions } from "./core/task_ref.ts";
export type { TelemetryOptions } from "./core/telemetry.ts";
export type { TickOptions, TickReport } from "./core/tick.ts";
export type { Buckets, Timings } from "./core/timings.ts";
export { createWorker, type Worker } from "./core/worker.ts";
export type { WorkerEvent, WorkerEventName } from "./core/worker_events.ts";
export type { WorkerOptions } from "./core/worker_options.ts";
