/**
 * Drains a worker without dropping anything: what has not started goes back at once,
 * handlers may finish until the deadline, and the rest is handed off.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { aborted, sleep } from "../base/timers.ts";
import type { RedisPort } from "../port.ts";
import type { ClaimLoop } from "./claim_loop.ts";

/** The result of a drain. Nothing is ever lost: a task that was not finished was given back. */
export interface DrainReport {
  /** Tasks that completed since the worker started. */
  readonly completed: number;
  /** Tasks that were given back, for another worker to run. */
  readonly handedOff: number;
  /**
   * Tasks whose end Redis did not confirm, because it did not answer or the client was closed. Those
   * that it did not store run again elsewhere once their leases expire.
   */
  readonly unsettled: number;
  /** Tasks that were neither: there are none. */
  readonly lost: 0;
  /** The command by which it drained; null for a signal or a call. */
  readonly command: "drain" | "stop" | "restart" | null;
}

/** The tasks of a worker that has left, by their end. */
export type DrainCounts = Pick<DrainReport, "completed" | "handedOff" | "unsettled">;

/** The time between two looks at the port. */
const lookMs = 200;

/** Aborts `hurry` after `ms`, or as soon as nothing can be settled because the port is closed. */
export async function hurryAfter(
  ms: number,
  port: RedisPort,
  hurry: AbortController,
): Promise<void> {
  const until = performance.now() + ms;
  for (let left = ms; left > 0 && !port.closed; left = until - performance.now()) {
    await sleep(Math.min(left, lookMs), hurry.signal);
    if (hurry.signal.aborted) return;
  }
  hurry.abort();
}

/**
 * Lets the handlers of `loop` finish until `hurry` aborts, and hands off what still runs. `emptied`
 * resolves once Redis has answered for all of it.
 */
export async function drainSlots(
  { stop, slots }: ClaimLoop,
  hurry: AbortController,
): Promise<{ readonly emptied: Promise<void> }> {
  const quiet = stop();
  slots.close();
  const emptied = quiet.then(() => slots.emptied());
  await Promise.race([emptied, aborted(hurry.signal)]);
  hurry.abort();
  const error = new RelierError("RL_DRAINING", "The worker is shutting down", {
    hint: "stop at ctx.signal; the task goes on elsewhere from ctx.partialResult",
  });
  for (const attempt of slots.attempts()) attempt.handOff(error);
  return { emptied };
}
