/**
 * How a worker is, as it sees itself.
 *
 * @module
 */

import type { Stint } from "./session.ts";

/** How a worker is. */
export interface WorkerHealth {
  /**
   * Whether it claims, or waits to, or is full: false while it starts, is paused,
   * drains, or Redis is away.
   */
  readonly consuming: boolean;
  /** When Redis last answered a claim. */
  readonly lastClaim: Date | null;
  /** How late the event loop was lately, in ms. */
  readonly loopLagMs: number;
  /** Handlers that go on after their attempt was decided. */
  readonly leaked: number;
  /** Handlers that hold a slot. */
  readonly running: number;
  /** How often a wait that had gone silent was made anew. */
  readonly rebuilt: number;
}

/** How long a worker with a slot free may go without the answer to a claim, besides its rest. */
const silentMs = 15_000;

/**
 * The health of a worker that began to work at `since`, if it does, by
 * `performance.now()`, and rests for `restMs` at most.
 */
export function healthOf(
  stint: Stint | undefined,
  restMs: number,
  since: number | undefined,
  loopLagMs: number,
): WorkerHealth {
  const now = performance.now();
  const { claimedAt, busyAt = -Infinity, paused = false, rebuilt = 0 } = stint?.pump ?? {};
  const { leaked = 0, running = 0 } = stint?.shift ?? {};
  return {
    consuming: since !== undefined && !paused &&
      now - Math.max(claimedAt ?? since, busyAt) < silentMs + restMs,
    lastClaim: claimedAt === undefined ? null : new Date(Date.now() - Math.round(now - claimedAt)),
    loopLagMs,
    leaked,
    running,
    rebuilt,
  };
}
