/**
 * Leaving without dropping anything: what has not started goes back at once,
 * what runs may finish until the deadline, and what is left is handed off.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { pause } from "../base/timers.ts";
import type { Pump } from "./claim_loop.ts";
import type { Shift } from "./slots.ts";

/** What a worker did when it left. Nothing is ever lost: what was not finished was given back. */
export interface DrainReport {
  /** Tasks that ended well since the worker started. */
  readonly completed: number;
  /** Tasks that were given back, for another worker to run. */
  readonly handedOff: number;
  /** Tasks that were neither: there are none. */
  readonly lost: 0;
  /** The order by which it left; null for a signal or a call. */
  readonly order: "drain" | "stop" | "restart" | null;
}

/** How long a drained worker insists that Redis hears of its last words. */
export const farewellMs = 5000;

/** Empties `shift`: what still runs when `hurry` aborts is handed off. Aborts it when all is done. */
export async function drainShift(
  pump: Pump,
  shift: Shift,
  hurry: AbortController,
): Promise<void> {
  const quiet = pump.stop();
  shift.close();
  const emptied = quiet.then(() => shift.emptied());
  await Promise.race([emptied, aborted(hurry.signal)]);
  hurry.abort();
  const error = new RelierError("RL_DRAINING", "The worker is shutting down", {
    hint: "stop at ctx.signal; the task goes on elsewhere from ctx.partialResult",
  });
  for (const live of shift.lives()) live.handOff(error);
  await atMost(farewellMs, emptied);
}

/** What `shift` came to; nothing, if there never was one. */
export function drainReport(
  shift: Shift | undefined,
  order: DrainReport["order"],
): DrainReport {
  return {
    completed: shift?.settled.get("complete") ?? 0,
    handedOff: shift?.settled.get("handoff") ?? 0,
    lost: 0,
    order,
  };
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** Waits for `work`, `ms` at most. */
export async function atMost(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, pause(ms, done.signal)]);
  done.abort();
}
