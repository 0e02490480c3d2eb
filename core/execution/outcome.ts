/**
 * Decides the outcome of a run: from what the handler did to the event that settles its
 * claim. Pure; the Lua performs the event, or answers that the claim is stale.
 *
 * @module
 */

import { backoffMs } from "./backoff.ts";
import type { Definition } from "../task/definition.ts";
import { toMs } from "../base/duration.ts";
import { RelierError } from "../base/errors.ts";
import { serializeError } from "../base/serialized_error.ts";
import { Discard, Retry } from "../task/control_errors.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { Kept } from "../base/kept_result.ts";
import { defaultRetentionMs, maxReasonLength, minResultMs } from "../defaults.ts";
import { StepRefused } from "./steps.ts";

/** A task that no worker knows is deferred for this long; then it is unroutable. */
const unroutableMs = 3_600_000;

/** A rolling deploy may hand off a task several times, so a few hand-offs are free. */
const handoffsPerAttempt = 5;

/** The handler returned: `text` is its result as JSON, as far as it can be stored. */
export function completed(
  definition: Definition,
  envelope: Envelope,
  { text, loss }: Kept,
): Settlement {
  const { key, resultTtlMs, idempotencyTtlMs } = definition;
  const keyed = key !== "none" || envelope.key !== undefined;
  const keep = definition.keepPayload || envelope.keepPayload === true;
  const ms = Math.max(minResultMs, resultTtlMs, keyed ? idempotencyTtlMs : 0);
  const error = loss?.message.slice(0, maxReasonLength) ?? "";
  const settlement: Settlement = { event: "complete", ms, text, error };
  // Most tasks end here: spreads are slow.
  if (!keyed && !keep) return settlement;
  return {
    ...settlement,
    ...keyed && { keyMs: idempotencyTtlMs },
    ...keep && { keep },
  };
}

/** The same settlement without a result or an error: a service in front of Redis refused its size. */
export function withoutContents(settlement: Settlement): Settlement {
  return settlement.event === "complete"
    ? { ...settlement, text: "", error: "Cannot store the result: the call is too large" }
    : { ...settlement, error: "" };
}

/** The handler failed with `error`, after `failures` others; a backoff function may fail too. */
export function failed(
  definition: Definition,
  failures: number,
  error: unknown,
  onBadBackoff: (cause: unknown) => void,
): Settlement {
  if (isNamed(error, Discard, "Discard")) return buried("discarded", error);
  // The same in each attempt: another one would change nothing.
  if (error instanceof StepRefused) return buried("step", error);
  const { retry } = definition;
  const requested = isNamed(error, Retry, "Retry") ? (error as Retry) : undefined;
  if (!requested && !worthRetrying(definition, error)) return buried("not retryable", error);
  if (failures + 1 >= retry.attempts) return buried("attempts", error);
  const timeout = RelierError.is(error, "RL_HARD_TIMEOUT");
  return {
    event: "retry",
    ms: afterOf(requested) ?? backoffMs(retry, failures + 1, Math.random, onBadBackoff),
    text: requested ? "retry" : timeout ? "timeout" : "failed",
    error: JSON.stringify(serializeError(error)),
  };
}

/** The task cannot be run at all, and another attempt would not help. */
export function buried(reason: string, error: unknown): Settlement {
  return { event: "bury", ms: 0, text: reason, error: JSON.stringify(serializeError(error)) };
}

/**
 * This worker does not know the task, and no live worker has known it for `unknownMs`. `error` is
 * why the task is dead, if it is.
 */
export function unknownTask(
  { name, taskVersion }: Envelope,
  deferrals: number,
  unknownMs: number,
): { readonly settlement: Settlement; readonly error?: RelierError } {
  if (unknownMs >= unroutableMs) {
    const text = `No worker knew task "${name}" for ${unroutableMs} ms`;
    const error = new RelierError("RL_UNROUTABLE", text);
    return { settlement: buried("unroutable", error), error };
  }
  const reason = `its worker does not know task "${name}"`;
  return { settlement: deferred(reason, deferrals, `${name} ${taskVersion}`) };
}

/** The isolate of the task cannot start here; the worker reports why. */
export function withoutIsolate(deferrals: number): Settlement {
  return deferred("this worker cannot start its isolate", deferrals);
}

/**
 * Back to `scheduled`, so that it never blocks the line: a worker that knows what it `needs`
 * claims it at once, any worker after 5 s, doubling to 60 s.
 */
export function deferred(reason: string, deferrals: number, needs = ""): Settlement {
  return {
    event: "defer",
    ms: Math.min(60_000, 5000 * 2 ** Math.min(deferrals, 10)),
    text: reason,
    error: "",
    needs,
  };
}

/**
 * The task is given back, with nothing charged. `inARow` counts the hand-offs in a row that brought
 * it no further.
 */
export function handedOff(reason: string, inARow: number): Settlement {
  return { event: "handoff", ms: inARow, text: reason, error: "" };
}

/** The error of a task whose `inARow` last invocations were too short for it. */
export function overran(id: string, inARow: number): RelierError {
  return new RelierError(
    "RL_BUDGET",
    `Task "${id}" was handed off ${inARow} times in a row without a new step or a larger partial ` +
      "result: it takes longer than its invocation",
    { hint: "save steps or partial results, or give it a longer tick or drain" },
  );
}

/**
 * Its invocation ended before its handler: given back. Without progress it would begin again for
 * ever, so some hand-offs in a row cost an attempt; `error` is their cause.
 */
export function cutShort(
  { retry }: Definition,
  failures: number,
  inARow: number,
  error: RelierError,
): Settlement {
  if (inARow < handoffsPerAttempt) return handedOff("drain", inARow);
  if (failures + 1 >= retry.attempts) return buried("budget", error);
  return { event: "retry", ms: 0, text: "budget", error: JSON.stringify(serializeError(error)) };
}

/** The task was cancelled, and this ends it. */
export function stopped(reason: string): Settlement {
  return { event: "stop", ms: defaultRetentionMs, text: reason, error: "" };
}

/** A `Retry` of another package may have anything in `afterMs`. */
function afterOf(requested: Retry | undefined): number | undefined {
  try {
    return requested?.afterMs === undefined ? undefined : toMs("after", requested.afterMs);
  } catch {
    return undefined;
  }
}

function worthRetrying(definition: Definition, error: unknown): boolean {
  try {
    return definition.retry.on(error);
  } catch {
    return true; // A predicate that throws has not refused.
  }
}

/** By class, or by name if the task was built with another copy of this package. */
function isNamed(error: unknown, type: new () => Error, name: string): boolean {
  if (error instanceof type) return true;
  try {
    return error instanceof Error && error.name === name;
  } catch {
    return false;
  }
}
