/**
 * Sweeps, which resurrect the tasks of dead workers. `phoenix.ts` decides when.
 *
 * @module
 */

import type { TaskFate } from "../log/loss_event.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import { sleep, waitAtMost } from "../base/timers.ts";
import { defaultLeaseMs } from "../defaults.ts";
import { sweepTurnMs } from "./pace.ts";
import { reportResurrections } from "./resurrection_report.ts";
import { call, type Caller, pairs } from "../redis/call.ts";
import type { Reply } from "../port.ts";
import { sweep } from "../redis/generated/worker.ts";

/** A task whose worker is gone, and its fate. */
export type Resurrection = TaskFate;

/** The time a subscription may be missing before its worker counts as dead. */
const graceMs = 500;
/** The delay of a task after its first crash; see `moves/revive.lua`. */
const firstDeathMs = 100;
/** The time by which a timer may fire early. */
const earlyMs = 5;
/** The time until a task after its first resurrection can be claimed. */
export const revivedMs: number = firstDeathMs + earlyMs;
/** The time an eviction waits for its report. */
const reportMs = 1000;
/** A sweep that is due, or that a caller asks for, does nothing sooner after the last one. */
export const askedMs = 25;

/**
 * Takes at once the tasks of `worker`, which is known to have ended by `cause`; resolves to them and
 * their fates, at most 200 a call. A worker that leaves gives its last `tally`.
 */
export async function evict(
  caller: Caller,
  partition: Partition,
  worker: string,
  cause: string,
  leaseMs: number,
  tally = "",
): Promise<Resurrection[]> {
  const timing = { leaseMs, everyMs: askedMs, quietMs: -1, steady: 0 };
  const args = { dead: worker, cause, graceMs, tally, ...timing };
  const [, , , raised, , evicted, , , fates] = await call(caller, partition, sweep, args);
  const found = pairs(raised) as [string, string][];
  // The evicting process may be about to end, and no other one can report this.
  await waitAtMost(reportMs, reportResurrections(caller, partition, found));
  return resurrections(partition, found.slice(0, evicted), fates);
}

function resurrections(
  partition: Partition,
  raised: readonly (readonly [local: string, reason: string])[],
  fates: readonly Reply[],
): Resurrection[] {
  return raised.map(([local, reason], i) => {
    const [state, name, deaths, allowed, failures, cause, worker] = fates[i] as Fate;
    const id = idOf(partition, local);
    return { id, name, worker, cause, state, reason, deaths, allowed, failures };
  });
}

type Fate = readonly [
  state: Resurrection["state"],
  name: string,
  deaths: number,
  allowed: number,
  failures: number,
  cause: string,
  worker: string,
];

/**
 * Evicts everything the worker held, and sweeps again when those tasks are
 * due: no other process may know of them.
 */
export async function evictAll(
  caller: Caller,
  partition: Partition,
  worker: string,
  cause: string,
): Promise<Resurrection[]> {
  const found: Resurrection[] = [];
  let more: Resurrection[];
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

/** The outcome of a sweep. */
export interface Swept {
  readonly resurrected: Resurrection[];
  /** Milliseconds until something is due; -1 if nothing is known. */
  readonly dueMs: number;
  /** True if it left something: a sweep right behind it goes on. */
  readonly more: boolean;
  /** The workers that share the sweeps. */
  readonly workers: number;
}

/** When a sweep is one too many, and what its caller knows; see `lua/scripts/worker/sweep.lua`. */
export interface SweepTiming {
  readonly leaseMs: number;
  readonly everyMs: number;
  readonly quietMs: number;
  /** 1 if sweeps of this caller are less than half a lease apart, else 0. */
  readonly steady: number;
}

/** Sweeps `partition` once. */
export async function sweepAt(
  caller: Caller,
  partition: Partition,
  timing: SweepTiming,
): Promise<Swept> {
  const args = { dead: "", cause: "", graceMs, tally: "", ...timing };
  const [, , , raised, dueMs, , more, workers, fates] = await call(caller, partition, sweep, args);
  const found = pairs(raised) as [string, string][];
  void reportResurrections(caller, partition, found);
  return {
    resurrected: resurrections(partition, found, fates),
    dueMs,
    more: more === 1,
    workers,
  };
}

/** Sweeps once; `nextMs` is the time until the next sweep is useful. */
export async function sweepOnce(
  caller: Caller,
  partition: Partition,
  leaseMs: number = defaultLeaseMs,
): Promise<{ resurrected: Resurrection[]; nextMs: number }> {
  const timing = { leaseMs, everyMs: askedMs, quietMs: -1, steady: 0 };
  const { resurrected, dueMs, more, workers } = await sweepAt(caller, partition, timing);
  const usualMs = sweepTurnMs(workers, leaseMs);
  return { resurrected, nextMs: more ? 0 : dueMs < 0 ? usualMs : Math.min(dueMs, usualMs) };
}
