/**
 * Working within one invocation: a scheduled or an HTTP-triggered function lives
 * for seconds, and every one of them may be the last. What others left is
 * brought back first, then tasks are claimed, run and settled until there are
 * none, and what still runs when the time is over is handed off.
 *
 * @module
 */

import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { integerOption, knownOptions } from "../base/options.ts";
import { sleep } from "../base/timers.ts";
import { type Resurrection, revivedMs, sweepOnce } from "../recovery/sweeper.ts";
import type { Caller } from "../redis/call.ts";
import type { Stint } from "./session.ts";
import type { Setup } from "./worker_options.ts";

/** Options of {@linkcode Worker.tick}. */
export interface TickOptions {
  /**
   * How long it may take, 1 ms to 24 days; 25 s by default. Nothing is claimed in its last tenth;
   * handing off at its end takes another call or two to Redis.
   */
  budget?: Duration;
  /** How many tasks it claims at most, 1 to 100,000; 100 by default. */
  max?: number;
}

/** What a tick came to. */
export interface TickReport {
  /** Tasks that ended well. */
  readonly completed: number;
  /** Attempts that failed, whether they are tried again or went to the dead-letter queue. */
  readonly failed: number;
  /** Given back because the budget was over, with nothing charged. */
  readonly handedOff: number;
  /** Whether something may be ready still: then another tick is worth it now. */
  readonly more: boolean;
  /**
   * In how many milliseconds the next task is due that is scheduled, retried or in quarantine; 0 if
   * there is more now, null if nothing is known to come.
   */
  readonly nextMs: number | null;
}

/** Tick options, complete and checked. */
export interface TickLimits {
  readonly budgetMs: number;
  /** When that is over, by `performance.now()`: it began before anything was asked of Redis. */
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
 * Works through `stint`, which claims what `max` says, and ends it, whatever happens.
 *
 * @throws {RedisError} If Redis does not answer.
 */
export async function runTick(
  caller: Caller,
  stint: Stint,
  { leaseMs, phoenix }: Setup,
  { budgetMs, until }: TickLimits,
  onRaised: (raised: Resurrection) => void,
): Promise<TickReport> {
  const { partitions, hearts, pump, shift } = stint;
  const waited = new AbortController();
  try {
    await stint.prepare();
    if (phoenix) await bringBack();
    // Without a subscription there is nothing to be seen by: what it claims makes it known.
    if (caller.port.listen) await Promise.all(hearts.map((heart) => heart.start()));
    for (const heart of hearts) heart.run();
    const claimingMs = until - performance.now() - budgetMs / 10;
    if (claimingMs > 0) {
      pump.poke();
      await Promise.race([pump.finished, sleep(claimingMs, waited.signal)]);
    }
  } finally {
    waited.abort();
    await stint.leave(Math.max(0, until - performance.now()));
  }
  const settled = (event: string): number => shift.settled.get(event) ?? 0;
  const handedOff = settled("handoff");
  const { more, nextMs } = handedOff > 0 ? { more: true, nextMs: 0 } : pump.prospect;
  return {
    completed: settled("complete"),
    failed: settled("retry") + settled("bury"),
    handedOff,
    more,
    nextMs,
  };

  async function bringBack(): Promise<void> {
    const swept = await Promise.all(
      partitions.map((partition) => sweepOnce(caller, partition, leaseMs)),
    );
    const raised = swept.flatMap((each) => each.resurrected);
    raised.forEach(onRaised);
    if (raised.length > 0) await sleep(revivedMs);
  }
}
