/**
 * Phoenix: resurrects the tasks of dead workers. Sweeps a partition whenever the last sweep
 * asked for another. Every worker runs one and none leads; the script does the work once,
 * however many workers call it.
 *
 * @module
 */

import { idOf, type Partition } from "../protocol/keys.ts";
import { sleep, waitAtMost } from "../base/timers.ts";
import { defaultLeaseMs } from "../defaults.ts";
import { reportResurrections } from "./resurrection_report.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import { sweep } from "../redis/generated/worker.ts";

/** A resurrected task, and the cause its worker ended by. */
export interface Resurrection {
  /** The id of the task. */
  readonly id: string;
  /** `presence`, `lease`, `stalled`, `lost claim`, `crashes`, or the cause a supervisor reported. */
  readonly cause: string;
}

/** The time a subscription may be missing before its worker counts as dead. */
const graceMs = 500;
const soonestMs = 20;
/** The delay of a task after its first crash; see `moves/revive.lua`. */
const firstDeathMs = 100;
/** The time by which a timer may fire early. */
const earlyMs = 5;
/** The time until a task after its first resurrection can be claimed. */
export const revivedMs: number = firstDeathMs + earlyMs;
/** The time an eviction waits for its report. */
const reportMs = 1000;

/**
 * Sweeps `partition` until `signal` aborts: every `sweepMs`, or sooner if the last sweep
 * left work. Never throws.
 */
export async function runPhoenix(
  caller: Caller,
  partition: Partition,
  { leaseMs, sweepMs }: { readonly leaseMs: number; readonly sweepMs: number },
  signal: AbortSignal,
  onRaised: (raised: Resurrection) => void,
  onError: (error: unknown) => void,
): Promise<void> {
  while (!signal.aborted) {
    let nextMs = Math.max(500, sweepMs);
    try {
      const swept = await sweepOnce(caller, partition, leaseMs);
      swept.resurrected.forEach(onRaised);
      nextMs = swept.resurrected.length > 0 ? swept.nextMs : Math.max(swept.nextMs, sweepMs);
    } catch (error) {
      onError(error);
    }
    // Jitter keeps workers that started together from sweeping together.
    await sleep(Math.max(soonestMs, nextMs * (0.9 + Math.random() * 0.2)), signal);
  }
}

/**
 * Resurrects at once the tasks of `worker`, which is known to have ended by
 * `cause`; resolves to the ids, at most 200 a call.
 */
export async function evict(
  caller: Caller,
  partition: Partition,
  worker: string,
  cause: string,
  leaseMs: number,
): Promise<string[]> {
  const args = { dead: worker, cause, leaseMs, graceMs };
  const [, , , raised, , evicted] = await call(caller, partition, sweep, args);
  const found = pairs(raised) as [string, string][];
  // The evicting process may be about to end, and no other one can report this.
  await waitAtMost(reportMs, reportResurrections(caller, partition, found));
  return found.slice(0, evicted).map(([local]) => idOf(partition, local));
}

/**
 * Evicts everything the worker held, and sweeps again when those tasks are
 * due: no other process may know of them.
 */
export async function evictAll(
  caller: Caller,
  partition: Partition,
  worker: string,
  cause: string,
): Promise<string[]> {
  const found: string[] = [];
  let more: string[];
  do {
    more = await evict(caller, partition, worker, cause, defaultLeaseMs);
    found.push(...more);
  } while (more.length > 0);
  if (found.length > 0) {
    await sleep(revivedMs);
    found.push(...await evict(caller, partition, worker, cause, defaultLeaseMs));
  }
  return found;
}

/** Sweeps once; `nextMs` is the time until the next sweep is useful. */
export async function sweepOnce(
  caller: Caller,
  partition: Partition,
  leaseMs: number = defaultLeaseMs,
): Promise<{ resurrected: Resurrection[]; nextMs: number }> {
  const args = { dead: "", cause: "", leaseMs, graceMs };
  const [, , , raised, nextMs] = await call(caller, partition, sweep, args);
  const found = pairs(raised) as [string, string][];
  void reportResurrections(caller, partition, found);
  return {
    resurrected: found.map(([local, cause]) => ({ id: idOf(partition, local), cause })),
    nextMs,
  };
}
