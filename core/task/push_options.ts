/**
 * What can be said about one push.
 *
 * @module
 */

import { type Duration, maxDuration, toMs } from "../base/duration.ts";
import { dateOption, integerOption, keyOption, knownOptions, nameOption } from "../base/options.ts";

/** Options of one push. */
export interface PushOptions {
  /** One task for equal keys; 1 to 512 characters. */
  idempotencyKey?: string;
  /** Not before this has passed; at most ten years. */
  delay?: Duration;
  /** Not before this moment, by Redis's clock; a past one means now. */
  at?: Date;
  /** Another queue than the task's own. */
  queue?: string;
  /** 0 to 100, higher first. */
  priority?: number;
  /** For whom it is, where limits are by tenant; 1 to 128 characters. */
  tenant?: string;
  /** Text for the handler's `ctx.headers`, at most 8 KB together. */
  headers?: Record<string, string>;
  /**
   * When the push counts as accepted: once Redis has it in memory (default),
   * once its disk has it, or once `replicas` others have it.
   */
  durability?: "memory" | "fsync" | { replicas: number };
}

const known = [
  "idempotencyKey",
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
  const { idempotencyKey, delay, at, queue, priority, tenant, headers, durability } = given;
  if (idempotencyKey !== undefined) keyOption("idempotencyKey", idempotencyKey);
  if (delay !== undefined) toMs("delay", delay);
  if (at !== undefined && dateOption("at", at) > Date.now() + maxDuration) {
    throw new RangeError('Cannot use option "at": it must be within ten years');
  }
  if (at !== undefined && delay !== undefined) {
    throw new TypeError('Cannot use options "at" and "delay" together: choose one');
  }
  if (queue !== undefined) nameOption("queue", queue);
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
