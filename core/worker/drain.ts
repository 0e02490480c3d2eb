/**
 * Drains a worker without dropping anything: what has not started goes back at once,
 * handlers may finish until the deadline, and the rest is handed off.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { aborted, waitAtMost } from "../base/timers.ts";
import { farewellMs } from "../defaults.ts";
import type { ClaimLoop } from "./claim_loop.ts";

/** The result of a drain. Nothing is ever lost: a task that was not finished was given back. */
export interface DrainReport {
  /** Tasks that completed since the worker started. */
  readonly completed: number;
  /** Tasks that were given back, for another worker to run. */
  readonly handedOff: number;
  /** Tasks that were neither: there are none. */
  readonly lost: 0;
  /** The command by which it drained; null for a signal or a call. */
  readonly command: "drain" | "stop" | "restart" | null;
}

/** Empties the slots of `loop`. Hands off what still runs when `hurry` aborts; aborts it when done. */
export async function drainSlots(
  { stop, slots }: ClaimLoop,
  hurry: AbortController,
): Promise<void> {
  const quiet = stop();
  slots.close();
  const emptied = quiet.then(() => slots.emptied());
  await Promise.race([emptied, aborted(hurry.signal)]);
  hurry.abort();
  const error = new RelierError("RL_DRAINING", "The worker is shutting down", {
    hint: "stop at ctx.signal; the task goes on elsewhere from ctx.partialResult",
  });
  for (const attempt of slots.attempts()) attempt.handOff(error);
  await waitAtMost(farewellMs, emptied);
}

/** The report of a worker whose settlements were accepted as `settled` counts; undefined for none. */
export function drainReport(
  settled: ReadonlyMap<string, number> | undefined,
  command: DrainReport["command"],
): DrainReport {
  return {
    completed: settled?.get("complete") ?? 0,
    handedOff: settled?.get("handoff") ?? 0,
    lost: 0,
    command,
  };
}
