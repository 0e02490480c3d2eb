/**
 * The health of a worker, as the worker itself sees it.
 *
 * @module
 */

import type { WorkerSession } from "./session.ts";

/** The health of a worker. */
export interface WorkerHealth {
  /**
   * True if it claims, waits for work, or is full: false while it starts, is paused or
   * drains, while Redis does not answer or isolates cannot start, and once its client is closed.
   */
  readonly consuming: boolean;
  /** The time at which Redis last answered a claim. */
  readonly lastClaim: Date | null;
  /** The recent lag of the event loop, in ms. */
  readonly loopLagMs: number;
  /** Handlers that still run although their attempt was decided. */
  readonly leaked: number;
  /** Handlers that hold a slot. */
  readonly running: number;
  /** The number of waits that were given up because Redis did not answer them. */
  readonly rebuilt: number;
}

/** The time that a worker with a free slot may go without an answer to a claim, besides its wait. */
const silentMs = 15_000;

/** The health of a worker that has worked since `since`, by `performance.now()`; undefined while it does not. */
export function healthOf(
  session: WorkerSession | undefined,
  since: number | undefined,
): WorkerHealth {
  const now = performance.now();
  const { claimedAt, busyAt = -Infinity, rebuilt = 0 } = session?.loop ?? {};
  const { leaked = 0, loopLagMs = 0, paused = false, isolatesBroken = false } =
    session?.context.status ?? {};
  const { restMs = 0 } = session?.context.fleet ?? {};
  return {
    consuming: since !== undefined && !paused && !isolatesBroken &&
      now - Math.max(claimedAt ?? since, busyAt) < silentMs + restMs,
    lastClaim: claimedAt === undefined ? null : new Date(Date.now() - Math.round(now - claimedAt)),
    loopLagMs,
    leaked,
    running: session?.loop.slots.running ?? 0,
    rebuilt,
  };
}
