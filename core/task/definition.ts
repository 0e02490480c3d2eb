/**
 * The definition of a task: the options a developer wrote, checked and completed once, when the
 * task is defined.
 *
 * @module
 */

import { normaliseRetry, type Retry, type RetryOptions } from "./retry_policy.ts";
import type { TaskContext } from "./task_context.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import {
  booleanOption,
  functionOption,
  integerOption,
  knownOptions,
  moduleOption,
  nameOption,
  oneOf,
} from "../base/options.ts";
import { queueOption } from "../protocol/queue_name.ts";
import { isStandardSchema, type StandardSchema } from "./standard_schema.ts";
import { type IfDead, ifDeadValues } from "./push_options.ts";
import { defaultRetentionMs } from "../defaults.ts";

/** The options of a task; `A` its arguments, `R` its result, `P` its partial result. */
export interface TaskOptions<A extends unknown[] = unknown[], R = unknown, P = unknown> {
  /** The queue it waits in; `"default"` if absent. */
  queue?: string;
  /** 0 to 100, higher first; 0 by default. */
  priority?: number;
  /** The version of its payload, 1 by default; raise it with a migration. */
  version?: number;
  /** Functions by older version: each turns a payload of it into one of the next version. */
  migrate?: Record<number, (payload: any) => unknown>;
  /** One task for equal payloads (`true`), or for equal keys. */
  idempotent?: boolean | ((...args: A) => string);
  /**
   * The time for which a completed idempotent task answers further pushes; 1 h by default. Its
   * result is kept at least as long.
   */
  idempotencyTtl?: Duration;
  /**
   * The fate of a push whose key belongs to a dead task: `"replace"` (default) runs the push,
   * `"refuse"` rejects it with `RL_TASK_FAILED`, `"join"` accepts it with the outcome `"dead"`.
   */
  ifDead?: IfDead;
  /** The number of workers that may die or stall with the task, 0 to 1,000; 5 by default. */
  maxResurrections?: number;
  /** The retries after failures; a number is short for `{ attempts }`. */
  retry?: RetryOptions | number;
  /** Fires `onSoftTimeout` and `ctx.softSignal`; the attempt goes on. None by default. */
  softTimeout?: Duration;
  /** Ends the attempt, whether or not the handler cooperates. None by default. */
  hardTimeout?: Duration;
  /** Called once when the soft timeout is reached. */
  onSoftTimeout?: (ctx: TaskContext<P>) => void | Promise<void>;
  /** Called, best effort, after the task went to the dead-letter queue. */
  onDead?: (ctx: TaskContext<P>, error: unknown) => void | Promise<void>;
  /** Called, best effort, after the result was stored. */
  onSuccess?: (ctx: TaskContext<P>, result: R) => void | Promise<void>;
  /**
   * Keeps the payload of a completed task as long as its result, and that of a cancelled one, so
   * that `rl.runAgain()` can push it again; `false` by default.
   */
  keepPayload?: boolean;
  /**
   * Ends a task as dead (`result`) if JSON cannot hold all of its result. By default it completes,
   * because its effects are done, and keeps the part that JSON can hold.
   */
  strictResult?: boolean;
  /**
   * The time for which the result is kept; 1 h by default, at least 1 s. A caller that waits for
   * it when the task completes has 30 s to read it.
   */
  resultTtl?: Duration;
  /** Runs the handler in a thread or a process of its own, which the hard timeout kills. */
  isolate?: "thread" | "process";
  /** The heap limit of that thread or process in MB, 16 to 1,000,000; Node.js decides by default. */
  memoryMb?: number;
  /** The module that defines the task, `import.meta.url`: an isolate imports it. */
  module?: string;
  /**
   * Replaces a task that is defined already with the same name. A module that is evaluated again
   * needs it only in production, and where the runtime shows no stack.
   */
  replace?: boolean;
}

/** The handler of a task, without its types. */
export type Handler = (...args: unknown[]) => unknown;

/** A task as the rest of the core uses it; durations in milliseconds. */
export interface Definition {
  readonly name: string;
  readonly handler: Handler;
  readonly input: StandardSchema | undefined;
  readonly output: StandardSchema | undefined;
  readonly queue: string;
  readonly priority: number;
  readonly version: number;
  readonly migrate: ReadonlyMap<number, (payload: unknown) => unknown>;
  readonly key: "none" | "payload" | ((...args: unknown[]) => string);
  readonly ifDead: IfDead;
  readonly idempotencyTtlMs: number;
  readonly keepPayload: boolean;
  readonly strictResult: boolean;
  readonly resultTtlMs: number;
  readonly maxResurrections: number | undefined;
  readonly retry: Retry;
  readonly softTimeoutMs: number | undefined;
  readonly hardTimeoutMs: number | undefined;
  readonly isolate: "thread" | "process" | undefined;
  readonly memoryMb: number | undefined;
  readonly module: string | undefined;
  readonly onSoftTimeout: ((ctx: TaskContext) => unknown) | undefined;
  readonly onDead: ((ctx: TaskContext, error: unknown) => unknown) | undefined;
  readonly onSuccess: ((ctx: TaskContext, result: unknown) => unknown) | undefined;
}

const known = [
  "queue",
  "priority",
  "version",
  "migrate",
  "idempotent",
  "idempotencyTtl",
  "ifDead",
  "maxResurrections",
  "retry",
  "softTimeout",
  "hardTimeout",
  "onSoftTimeout",
  "onDead",
  "onSuccess",
  "keepPayload",
  "strictResult",
  "resultTtl",
  "isolate",
  "memoryMb",
  "module",
  "replace",
  "input",
  "output",
]; // deno-fmt-ignore-line

/**
 * Reads the options of a task.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function define(
  name: unknown,
  given: TaskOptions<any[], any, any> & { input?: unknown; output?: unknown },
  handler: unknown,
): Definition {
  const task = nameOption("task name", name);
  knownOptions(`rlTask("${task}")`, given, known);
  const { queue = "default", priority = 0, version = 1, idempotent = false, migrate = {} } = given;
  const { idempotencyTtl = defaultRetentionMs, resultTtl = defaultRetentionMs } = given;
  const optional = <T, R>(value: T | undefined, read: (value: T) => R): R | undefined =>
    value === undefined ? undefined : read(value);
  const timeout = (option: "softTimeout" | "hardTimeout"): number | undefined =>
    optional(given[option], (value) => toMs(option, value, { min: 1, max: maxTimer }));
  const definition: Definition = {
    name: task,
    handler: functionOption(`handler of "${task}"`, handler) as Handler,
    input: schemaOption("input", given.input),
    output: schemaOption("output", given.output),
    queue: queueOption(queue),
    priority: integerOption("priority", priority, { min: 0, max: 100 }),
    version: integerOption("version", version, { min: 1, max: 1_000_000 }),
    migrate: migrations(migrate, version),
    key: typeof idempotent === "function"
      ? idempotent as (...args: unknown[]) => string
      : booleanOption("idempotent", idempotent)
      ? "payload"
      : "none",
    ifDead: oneOf("ifDead", given.ifDead ?? "replace", ifDeadValues),
    idempotencyTtlMs: toMs("idempotencyTtl", idempotencyTtl),
    keepPayload: booleanOption("keepPayload", given.keepPayload ?? false),
    strictResult: booleanOption("strictResult", given.strictResult ?? false),
    resultTtlMs: toMs("resultTtl", resultTtl),
    maxResurrections: optional(
      given.maxResurrections,
      (value) => integerOption("maxResurrections", value, { min: 0, max: 1000 }),
    ),
    retry: normaliseRetry(given.retry),
    softTimeoutMs: timeout("softTimeout"),
    hardTimeoutMs: timeout("hardTimeout"),
    isolate: optional(given.isolate, (value) => oneOf("isolate", value, ["thread", "process"])),
    memoryMb: optional(
      given.memoryMb,
      (value) => integerOption("memoryMb", value, { min: 16, max: 1_000_000 }),
    ),
    module: optional(given.module, (value) => moduleOption("module", value)),
    onSoftTimeout: optional(given.onSoftTimeout, (fn) => functionOption("onSoftTimeout", fn)),
    onDead: optional(given.onDead, (fn) => functionOption("onDead", fn)),
    onSuccess: optional(given.onSuccess, (fn) => functionOption("onSuccess", fn)),
  };
  if (definition.memoryMb !== undefined && definition.isolate === undefined) {
    throw new TypeError('Cannot use option "memoryMb": it needs option "isolate"');
  }
  const { softTimeoutMs: soft, hardTimeoutMs: hard } = definition;
  if (soft !== undefined && hard !== undefined && soft >= hard) {
    throw new RangeError(
      `Cannot use option "softTimeout": it must be shorter than hardTimeout (${hard} ms): ` +
        `current value is ${soft} ms`,
    );
  }
  return definition;
}

function schemaOption(option: string, value: unknown): StandardSchema | undefined {
  if (value === undefined || isStandardSchema(value)) return value;
  throw new TypeError(
    `Cannot use option "${option}": it must be a Standard Schema, such as one of valibot, zod or arktype`,
  );
}

/** Checks that every version below `version` has its migration; else old payloads cannot be read. */
function migrations(given: unknown, version: number): Definition["migrate"] {
  const steps = new Map<number, (payload: unknown) => unknown>();
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      'Cannot use option "migrate": it must be an object of functions by version',
    );
  }
  for (const [from, step] of Object.entries(given)) {
    const number = integerOption("migrate", Number(from), { min: 1, max: version - 1 });
    steps.set(number, functionOption(`migrate[${from}]`, step) as (payload: unknown) => unknown);
  }
  for (let from = 1; steps.size > 0 && from < version; from++) {
    if (!steps.has(from)) {
      throw new TypeError(
        `Cannot use option "migrate": it has no step from version ${from} to ${from + 1}`,
      );
    }
  }
  return steps;
}
