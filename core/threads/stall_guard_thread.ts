/**
 * Keeps the leases of a worker alive while its event loop is blocked: the thread's
 * side. It listens on the worker's channel, so that Redis does not miss the worker,
 * and watches a tick that the loop writes. Without a tick it renews all leases of
 * the worker until the stall budget is spent; then it gives the tasks to others.
 *
 * @module
 */

import { channelOf, type Partition } from "../protocol/keys.ts";
import { onAbort, sleep } from "../base/timers.ts";
import { rowsPerCall } from "../defaults.ts";
import { evict, type Resurrection } from "../recovery/sweeper.ts";
import type { RedisPort } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { noLossDetection } from "../redis/loss_detector.ts";
import { renew } from "../redis/generated/worker.ts";

/** The worker to guard, and the settings. It is sent to another thread. */
export interface StallGuardConfig {
  readonly worker: string;
  readonly partitions: readonly Partition[];
  readonly leaseMs: number;
  readonly beatMs: number;
  /** The interval at which the loop writes its tick. */
  readonly tickMs: number;
  /** The time for which the loop may be blocked. */
  readonly stallMs: number;
  /** Memory that both threads see, by the names of {@linkcode cell}. */
  readonly cells: BigInt64Array;
}

/**
 * `tick` rises while the loop turns. A claim that was held at `since` was held until
 * `until` at least; both in milliseconds on the clock of the loop, 0 for never.
 */
export const cell = { tick: 0, since: 1, until: 2 } as const;

/** Receives the reports of a stall-guard thread, on the worker's side. */
export interface StallGuardEvents {
  /** True if its thread can guard the worker now. */
  guarding(yes: boolean): void;
  /** The loop is blocked for too long: these tasks, at the partition of this index, went to others. */
  evicted(partition: number, tasks: readonly Resurrection[]): void;
  /** The thread cannot run; with the reason. */
  error(error: unknown): void;
}

/** The guard of one worker. */
export interface StallGuardThread {
  /** A handler was started at the partition of this index, of which Redis may not know. */
  started(partition: number, id: string): void;
  stop(): void;
}

/** A guard at work. */
interface Guard {
  readonly config: StallGuardConfig;
  readonly caller: Caller;
  /** The clock of the loop. */
  now(): number;
  readonly events: Pick<StallGuardEvents, "guarding" | "evicted">;
  readonly signal: AbortSignal;
  /** Ids of handlers that Redis may not know as started, by partition. */
  readonly starts: string[][];
}

/** Guards a worker from now on; `now` is the clock of its loop. */
export function guardFromThread(
  port: RedisPort,
  config: StallGuardConfig,
  now: () => number,
  events: Guard["events"],
): StallGuardThread {
  // The worker itself notices what Redis forgot.
  const caller: Caller = { port, lossDetector: noLossDetection };
  const starts: string[][] = config.partitions.map(() => []);
  const over = new AbortController();
  const guard: Guard = { config, caller, now, events, signal: over.signal, starts };
  void listen(guard);
  void watch(guard);
  return {
    started(index, id) {
      // The worker itself has reported the oldest to Redis.
      starts[index] = [...starts[index]!, id].slice(-rowsPerCall);
    },
    stop: () => over.abort(),
  };
}

async function listen(guard: Guard): Promise<void> {
  const { config, signal, events } = guard;
  for (const partition of config.partitions) {
    while (!signal.aborted && !await subscribe(guard, partition)) {
      await sleep(config.beatMs, signal);
    }
  }
  if (!signal.aborted) events.guarding(true);
}

/** True if the subscription is active; from then on the port keeps it active. */
async function subscribe(
  { caller: { port }, config, signal }: Guard,
  partition: Partition,
): Promise<boolean> {
  const stop = await port.listen?.(channelOf(partition, config.worker), () => {})
    .catch(() => undefined);
  if (stop) onAbort(signal, stop);
  return stop !== undefined;
}

async function watch(guard: Guard): Promise<void> {
  const { config: { tickMs, beatMs, stallMs, cells }, now, signal } = guard;
  let tick = -1n, blockedMs = 0, lookedAt = now(), renewedAt = -Infinity, evicted = false;
  while (!signal.aborted) {
    await sleep(tickMs, signal);
    const [before, at] = [lookedAt, lookedAt = now()];
    const last = Atomics.load(cells, cell.tick);
    // The loop is not to blame for the time in which the whole process was stopped.
    blockedMs = last === tick ? blockedMs + Math.min(at - before, 2 * tickMs) : 0;
    tick = last;
    if (blockedMs < 2 * tickMs) {
      renewedAt = -Infinity;
      evicted = false;
    } else if (!evicted && blockedMs > stallMs) {
      evicted = await answered(giveUp(guard));
    } else if (!evicted && at - renewedAt > beatMs && await answered(renewAll(guard))) {
      renewedAt = at;
    }
  }
}

/** True if Redis answered; if not, the next look asks again, or the leases decide. */
function answered(work: Promise<void>): Promise<boolean> {
  return work.then(() => true, () => false);
}

async function renewAll(guard: Guard): Promise<void> {
  const { config: { partitions, leaseMs, cells }, now } = guard;
  const sentAt = now();
  await Promise.all(partitions.map((partition, index) => renewAt(guard, partition, index)));
  const at = now();
  // Trust is a chain: a renewal that came too late for the one before begins it again.
  if (at > Number(Atomics.load(cells, cell.until))) write(guard, "since", Math.ceil(at));
  write(guard, "until", Math.floor(sentAt + leaseMs));
}

async function renewAt(guard: Guard, partition: Partition, index: number): Promise<void> {
  const { caller, config: { worker, leaseMs }, starts } = guard;
  let rows = starts[index]!.map((id) => ({ id }));
  for (let after = "", more = true; more; more = after !== "") {
    [, , , after] = await call(caller, partition, renew, { worker, leaseMs, after }, rows);
    if (after === "") starts[index] = starts[index]!.slice(rows.length);
    rows = after === "" ? [] : rows;
  }
}

async function giveUp(guard: Guard): Promise<void> {
  const { caller, config: { partitions, worker, leaseMs }, events } = guard;
  write(guard, "until", 0);
  for (const [index, partition] of partitions.entries()) {
    let tasks: Resurrection[];
    do {
      tasks = await evict(caller, partition, worker, "stalled", leaseMs);
      if (tasks.length > 0) events.evicted(index, tasks);
    } while (tasks.length > 0);
  }
}

function write({ config: { cells } }: Guard, name: keyof typeof cell, ms: number): void {
  Atomics.store(cells, cell[name], BigInt(ms));
}
