/**
 * The events at the end of an attempt. An event without a listener is not made.
 *
 * @module
 */

import { errorOf } from "../base/serialized_error.ts";
import type { RunningAttempt } from "../execution/running_attempt.ts";
import type { EventAttempt, EventTask, WorkerEvents } from "../log/events.ts";
import type { Claim } from "../protocol/claim.ts";
import { idOf } from "../protocol/keys.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { Emit } from "./worker_events.ts";

/** The part of an attempt that its events show. */
type Attempted = Pick<RunningAttempt, "name" | "maxAttempts" | "outcome">;

const eventOf = {
  complete: "completed",
  retry: "failed",
  bury: "dead",
  defer: "deferred",
  handoff: "handedOff",
  stop: "cancelled",
} as const;

/** The task of `claim`. */
export function eventTask({ partition, id }: Claim, name: string): EventTask {
  return { id: idOf(partition, id), name, queue: partition.queue };
}

/** The attempt at `claim`. */
export function eventAttempt(
  claim: Claim,
  { name, maxAttempts }: Pick<Attempted, "name" | "maxAttempts">,
): EventAttempt {
  const { partition, id, failures } = claim;
  const { queue } = partition;
  return { id: idOf(partition, id), name, queue, attempt: failures + 1, attempts: maxAttempts };
}

/**
 * Announces that Redis has accepted `settlement` of `attempt`, which took `ranMs`; the attempt
 * is absent for a claim whose handler was not started.
 */
export function announceEnd(
  emit: Emit,
  claim: Claim,
  attempt: Attempted | undefined,
  { event, text, ms }: Settlement,
  ranMs: number,
): void {
  const name = eventOf[event];
  if (!emit.hears(name)) return;
  const durationMs = Math.round(ranMs);
  if (name === "completed" && attempt) {
    return emit(name, completion(claim, attempt, durationMs, text));
  }
  const task = eventTask(claim, attempt?.name ?? "");
  const reason = text;
  if (name === "deferred") return emit(name, { ...task, reason, retryMs: ms });
  if (name === "handedOff" || !attempt) return emit("handedOff", { ...task, reason });
  const base = eventAttempt(claim, attempt);
  if (name === "cancelled") return emit(name, { ...base, reason });
  const error = errorOf(attempt.outcome());
  if (name === "failed") return emit(name, { ...base, durationMs, reason, error, retryMs: ms });
  emit(name, { ...base, durationMs, reason, error });
}

/** Each task makes one if it is heard. A literal takes a hundredth of the time of a spread. */
function completion(
  claim: Claim,
  { name, maxAttempts: attempts }: Attempted,
  durationMs: number,
  result: string,
): WorkerEvents["completed"] {
  const { partition, id, failures } = claim;
  const { queue } = partition;
  const attempt = failures + 1, resultSize = result.length;
  return { id: idOf(partition, id), name, queue, attempt, attempts, durationMs, resultSize };
}
