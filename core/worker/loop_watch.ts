/**
 * Measures the lag of a worker's event loop, which a handler that blocks it causes.
 *
 * @module
 */

import { sleep } from "../base/timers.ts";
import type { SessionContext } from "./session_context.ts";

/** The lag of the event loop from which on it is an event. */
const stalledMs = 1000;

/** Calls `onTurn` as often as the loop has to show that it turns, until the session is over. */
export async function watchLoop(
  { setup: { tickMs }, signal, status, emit }: SessionContext,
  onTurn: () => void,
): Promise<void> {
  while (!signal.aborted) {
    const before = performance.now();
    onTurn();
    await sleep(tickMs, signal);
    const lagMs = status.loopLagMs = Math.max(0, Math.round(performance.now() - before - tickMs));
    if (lagMs < stalledMs || signal.aborted) continue;
    emit("stalled", { reason: `event loop blocked for ${lagMs} ms`, lagMs });
  }
}
