/**
 * Works within one invocation. A function that a schedule or an HTTP request starts lives
 * for seconds, and each of them may be the last. So it resurrects tasks first, then claims,
 * runs and settles tasks until there are none, and hands off what still runs at the end.
 *
 * @module
 */

import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { integerOption, knownOptions } from "../base/options.ts";
import { sleep } from "../base/timers.ts";
import { sweepAll } from "../recovery/phoenix.ts";
import { type Resurrection, revivedMs } from "../recovery/sweeper.ts";
import type { ClaimLoop } from "./claim_loop.ts";
import type { DrainCounts } from "./drain.ts";
import type { WorkerSession } from "./session.ts";
import type { OverrunTask } from "./claim_ends.ts";

/** Options of {@linkcode Worker.tick}. */
export interface TickOptions {
  /**
   * The time it may take, 1 ms to 24 days; 25 s by default. Nothing is claimed in its last tenth;
   * handing off at its end takes another call or two to Redis.
   */
  budget?: Duration;
  /** The most tasks it claims, 1 to 100,000; 100 by default. */
  max?: number;
}

/** The outcome of a tick. */
export interface TickReport {
  /** Tasks that completed. */
  readonly completed: number;
  /** Attempts that failed, whether they are tried again or went to the dead-letter queue. */
  readonly failed: number;
  /** Tasks given back because the budget was over, with nothing charged. */
  readonly handedOff: number;
  /**
   * Tasks that the end of the budget cut off before they had saved a step or a larger partial
   * result, at most 100. Five such ends in a row cost an attempt; after the last one the task is
   * dead by `budget`.
   */
  readonly overran: readonly OverrunTask[];
  /** True if tasks may still be ready: then another tick is useful now. */
  readonly more: boolean;
  /**
   * Milliseconds until the next task is due that is scheduled, retried or in quarantine; 0 if
   * there is more now, null if no task is known to come.
   */
  readonly nextMs: number | null;
}

/** Tick options, complete and checked. */
export interface TickLimits {
  readonly budgetMs: number;
  /** The time at which the budget is over, by `performance.now()`: it begins before the first call to Redis. */
  readonly until: number;
  readonly max: number;
}

/**
 * Completes and checks the options of a tick that begins now.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function readTickOptions(given: TickOptions): TickLimits {
  knownOptions("tick()", given, ["budget", "max"]);
  const { budget = 25_000, max = 100 } = given;
  const budgetMs = toMs("budget", budget, { min: 1, max: maxTimer });
  return {
    budgetMs,
    until: performance.now() + budgetMs,
    max: integerOption("max", max, { min: 1, max: 100_000 }),
  };
}

/**
 * Works through `session`, whose claims are limited, and ends it, whatever happens.
 *
 * @throws {RedisError} If Redis does not answer.
 */
export async function runTick(
  session: WorkerSession,
  { budgetMs, until }: TickLimits,
  onResurrected: (task: Resurrection) => void,
): Promise<TickReport> {
  const { context: { caller, setup }, heartbeats, loop } = session;
  const waited = new AbortController();
  let left: DrainCounts;
  try {
    await session.prepare();
    // Half of the time is left for tasks, however much there is to tidy up.
    if (setup.phoenix) await resurrect(session, until - budgetMs / 2, onResurrected);
    // Without a subscription Redis cannot see the worker: its first claim makes it known.
    if (caller.port.listen) await Promise.all(heartbeats.map((heartbeat) => heartbeat.start()));
    for (const heartbeat of heartbeats) heartbeat.run();
    const claimingMs = until - performance.now() - budgetMs / 10;
    if (claimingMs > 0) {
      loop.poke();
      await Promise.race([loop.finished, sleep(claimingMs, waited.signal)]);
    }
  } finally {
    waited.abort();
    left = await session.leave(Math.max(0, until - performance.now()));
  }
  return tickReport(loop, left);
}

async function resurrect(
  { context: { caller, partitions, setup } }: WorkerSession,
  until: number,
  onResurrected: (task: Resurrection) => void,
): Promise<void> {
  const goesOn = () => performance.now() < until;
  const tasks = await sweepAll(caller, partitions, setup.leaseMs, goesOn);
  tasks.forEach(onResurrected);
  if (tasks.length > 0) await sleep(revivedMs);
}

function tickReport({ slots, prospect }: ClaimLoop, { handedOff }: DrainCounts): TickReport {
  const settled = (event: string): number => slots.ends.settled.get(event) ?? 0;
  const { more, nextMs } = handedOff > 0 ? { more: true, nextMs: 0 } : prospect;
  return {
    completed: settled("complete"),
    failed: settled("retry") + settled("bury"),
    handedOff,
    overran: slots.ends.overran,
    more,
    nextMs,
  };
}
