/**
 * The options of one push.
 *
 * @module
 */

import { type Duration, maxDuration, toMs } from "../base/duration.ts";
import { dateOption, integerOption, keyOption, knownOptions, oneOf } from "../base/options.ts";
import { queueOption } from "../protocol/queue_name.ts";

/** The fate of a push if the task of its key is dead. */
export type IfDead = "replace" | "refuse" | "join";

/** The values of {@linkcode IfDead}. */
export const ifDeadValues: readonly IfDead[] = ["replace", "refuse", "join"];

/** Options of one push. */
export interface PushOptions {
  /** The key of the task: pushes with equal keys are one task; 1 to 512 characters. */
  idempotencyKey?: string;
  /**
   * The fate of the push if the task of its key is dead: `"replace"` it with this push, `"refuse"`
   * the push with `RL_TASK_FAILED`, or `"join"` it with the outcome `"dead"`. The option of the task
   * decides by default.
   */
  ifDead?: IfDead;
  /** The time to wait before the task may run; at most ten years. */
  delay?: Duration;
  /** The earliest time to run, by Redis's clock; a past one means now. */
  at?: Date;
  /** The queue, if not the task's own. */
  queue?: string;
  /**
   * The priority, 0 to 100, higher first among the tasks that are ready. Delayed tasks get ready in
   * the order of their due times, at most 100 in a step.
   */
  priority?: number;
  /** The tenant, where limits are by tenant; 1 to 128 characters. */
  tenant?: string;
  /** Text for the handler's `ctx.headers`, at most 8 KB together. */
  headers?: Record<string, string>;
  /**
   * The moment a push counts as accepted: once Redis has it in memory (default), on its disk, or
   * on `replicas` others.
   */
  durability?: "memory" | "fsync" | { replicas: number };
}

const known = [
  "idempotencyKey",
  "ifDead",
  "delay",
  "at",
  "queue",
  "priority",
  "tenant",
  "headers",
  "durability",
];
const maxHeaders = 8192;

/**
 * Checks push options, and returns them.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function readPushOptions(given: PushOptions): PushOptions {
  knownOptions("a push", given, known);
  const { idempotencyKey, ifDead, delay, at, queue, priority, tenant, headers, durability } = given;
  if (idempotencyKey !== undefined) keyOption("idempotencyKey", idempotencyKey);
  if (ifDead !== undefined) oneOf("ifDead", ifDead, ifDeadValues);
  if (delay !== undefined) toMs("delay", delay);
  if (at !== undefined && dateOption("at", at) > Date.now() + maxDuration) {
    throw new RangeError('Cannot use option "at": it must be within ten years');
  }
  if (at !== undefined && delay !== undefined) {
    throw new TypeError('Cannot use options "at" and "delay" together: choose one');
  }
  if (queue !== undefined) queueOption(queue);
  if (priority !== undefined) integerOption("priority", priority, { min: 0, max: 100 });
  if (tenant !== undefined) keyOption("tenant", tenant, 128);
  if (headers !== undefined) checkHeaders(headers);
  if (typeof durability === "object" && durability !== null) {
    knownOptions("durability", durability, ["replicas"]);
    integerOption("durability.replicas", durability.replicas, { min: 1, max: 16 });
  } else if (durability !== undefined && durability !== "memory" && durability !== "fsync") {
    throw new TypeError(
      'Cannot use option "durability": it must be "memory", "fsync" or { replicas: 1 to 16 }',
    );
  }
  return given;
}

function checkHeaders(headers: unknown): void {
  const fits = typeof headers === "object" && headers !== null &&
    Object.values(headers).every((value) => typeof value === "string");
  if (!fits) throw new TypeError('Cannot use option "headers": it must be an object of strings');
  if (JSON.stringify(headers).length > maxHeaders) {
    throw new RangeError(
      `Cannot use option "headers": it must be at most ${maxHeaders} characters`,
    );
  }
}
