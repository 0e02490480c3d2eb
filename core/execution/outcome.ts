/**
 * Deciding what a run comes to: from what the handler did to the event that
 * settles its claim. Pure; the Lua performs the event, or answers that the
 * claim is stale.
 *
 * @module
 */

import { backoffMs } from "../task/retry_policy.ts";
import type { Definition } from "../task/definition.ts";
import { toMs } from "../base/duration.ts";
import { RelierError } from "../base/errors.ts";
import { serializeError } from "../base/serialized_error.ts";
import { Discard, Retry } from "../task/control_errors.ts";
import { defaultRetentionMs } from "../defaults.ts";

/** How a claim is settled: a row of `settle_and_claim.lua` without what identifies the claim. */
export interface Verdict {
  readonly event: "complete" | "retry" | "bury" | "defer" | "handoff" | "stop";
  /** How long to keep what is final, or to wait before the next attempt. */
  readonly ms: number;
  /** The result of a completed task, else the reason. */
  readonly text: string;
  /** JSON of name, message and stack, or empty. */
  readonly error: string;
}

/** A task nobody knows is deferred for this long, then it is unroutable. */
const unroutableMs = 3_600_000;

/** The handler returned: `text` is its result as JSON. */
export function completed(definition: Definition, keyed: boolean, text: string): Verdict {
  const { resultTtlMs, idempotencyTtlMs } = definition;
  const ms = keyed ? Math.max(resultTtlMs, idempotencyTtlMs) : resultTtlMs;
  return { event: "complete", ms, text, error: "" };
}

/** The handler failed with `error`, after `failures` others; a backoff function may fail too. */
export function failed(
  definition: Definition,
  failures: number,
  error: unknown,
  onBadBackoff: (cause: unknown) => void,
): Verdict {
  if (isNamed(error, Discard, "Discard")) return buried("discarded", error);
  const { retry } = definition;
  const wanted = isNamed(error, Retry, "Retry") ? (error as Retry) : undefined;
  if (!wanted && !worthRetrying(definition, error)) return buried("not retryable", error);
  if (failures + 1 >= retry.attempts) return buried("attempts", error);
  const timeout = RelierError.is(error, "RL_HARD_TIMEOUT");
  return {
    event: "retry",
    ms: afterOf(wanted) ?? backoffMs(retry, failures + 1, Math.random, onBadBackoff),
    text: wanted ? "retry" : timeout ? "timeout" : "failed",
    error: JSON.stringify(serializeError(error)),
  };
}

/** The task cannot be run at all, and another attempt would not help. */
export function buried(reason: string, error: unknown): Verdict {
  return { event: "bury", ms: 0, text: reason, error: JSON.stringify(serializeError(error)) };
}

/** This worker does not know the task: the `deferrals`-th time, for `deferredMs` so far. */
export function unknownTask(name: string, deferrals: number, deferredMs: number): Verdict {
  if (deferredMs >= unroutableMs) {
    return buried(
      "unroutable",
      new RelierError("RL_UNROUTABLE", `No worker knew task "${name}" for ${unroutableMs} ms`),
    );
  }
  return deferred(`no worker here knows task "${name}"`, deferrals);
}

/** Back to `scheduled`, so that it never blocks the line: 5 s, doubling to 60 s. */
export function deferred(reason: string, deferrals: number): Verdict {
  return {
    event: "defer",
    ms: Math.min(60_000, 5000 * 2 ** Math.min(deferrals, 10)),
    text: reason,
    error: "",
  };
}

/** Given back unharmed. */
export function handedOff(reason: string): Verdict {
  return { event: "handoff", ms: 0, text: reason, error: "" };
}

/** Cancelling was asked, and this is the end of it. */
export function stopped(reason: string): Verdict {
  return { event: "stop", ms: defaultRetentionMs, text: reason, error: "" };
}

/** A `Retry` that is only called so may say anything. */
function afterOf(wanted: Retry | undefined): number | undefined {
  try {
    return wanted?.afterMs === undefined ? undefined : toMs("after", wanted.afterMs);
  } catch {
    return undefined;
  }
}

function worthRetrying(definition: Definition, error: unknown): boolean {
  try {
    return definition.retry.on(error);
  } catch {
    return true; // A predicate that throws has not said no.
  }
}

/** By class, or by name where a task was built with another copy of this package. */
function isNamed(error: unknown, type: new () => Error, name: string): boolean {
  if (error instanceof type) return true;
  try {
    return error instanceof Error && error.name === name;
  } catch {
    return false;
  }
}
