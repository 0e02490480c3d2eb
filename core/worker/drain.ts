/**
 * Leaving without dropping anything: what has not started goes back at once,
 * what runs may finish until the deadline, and what is left is handed off.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { aborted, waitAtMost } from "../base/timers.ts";
import { farewellMs } from "../defaults.ts";
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
  await waitAtMost(farewellMs, emptied);
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
