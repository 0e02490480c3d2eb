/**
 * Standing in for a worker whose event loop is blocked. It runs in a thread of
 * its own, listens on the worker's channel so that Redis does not miss it, and
 * watches a tick that the loop writes. While there is none it renews whatever
 * the worker holds, until the stall budget is spent; then it gives all of it to
 * others.
 *
 * @module
 */

import { channelOf, type Partition } from "../protocol/keys.ts";
import { sleep } from "../base/timers.ts";
import { rowsPerCall } from "../defaults.ts";
import { evict } from "../recovery/sweeper.ts";
import type { RedisPort } from "../port.ts";
import { call, type Caller } from "../redis/call.ts";
import { renew } from "../redis/generated/worker.ts";

/** Whom to stand in for, and how. It crosses into another thread. */
export interface Cover {
  readonly worker: string;
  readonly partitions: readonly Partition[];
  readonly leaseMs: number;
  readonly beatMs: number;
  /** How often the loop writes its tick. */
  readonly tickMs: number;
  /** For how long the loop may be blocked. */
  readonly stallMs: number;
  /** What both threads see, by the names of {@linkcode cell}. */
  readonly cells: BigInt64Array;
}

/**
 * `tick` rises while the loop turns. What was held at `since` was held until
 * `until` at least; both in milliseconds on the clock of the loop, 0 for never.
 */
export const cell = { tick: 0, since: 1, until: 2 } as const;

/** What is heard of a stand-in. */
export interface StandInEars {
  /** Whether it can stand in now. */
  standing(yes: boolean): void;
  /** These tasks were given to others, at the partition of this index: the loop is blocked for too long. */
  raised(partition: number, ids: readonly string[]): void;
}

/** What stands in for one worker. */
export interface StandIn {
  /** A handler was started at the partition of this index, of which Redis may not know. */
  started(partition: number, id: string): void;
  stop(): void;
}

/** Stands in from now on; `now` is the clock of the loop. */
export function standIn(
  port: RedisPort,
  cover: Cover,
  now: () => number,
  ears: StandInEars,
): StandIn {
  const { worker, partitions, leaseMs, beatMs, tickMs, stallMs, cells } = cover;
  // What Redis forgot is noticed by the worker itself.
  const caller: Caller = { port, ledger: { seen: () => undefined, witness: () => {} } };
  const starts: string[][] = partitions.map(() => []);
  const over = new AbortController();
  let busy = false;

  async function listen(): Promise<void> {
    for (const partition of partitions) {
      while (!over.signal.aborted && !await hears(partition)) await sleep(beatMs, over.signal);
    }
    if (!over.signal.aborted) ears.standing(true);
  }

  /** Whether the subscription stands; from then on the port keeps it so. */
  async function hears(partition: Partition): Promise<boolean> {
    const stop = await port.listen?.(channelOf(partition, worker), () => {}).catch(() => undefined);
    if (stop) over.signal.addEventListener("abort", stop, { once: true });
    return stop !== undefined;
  }

  async function watch(): Promise<void> {
    let tick = -1n, blockedMs = 0, lookedAt = now(), renewedAt = -Infinity, evicted = false;
    while (!over.signal.aborted) {
      await sleep(tickMs, over.signal);
      const [before, at] = [lookedAt, lookedAt = now()];
      const last = Atomics.load(cells, cell.tick);
      // The time in which the whole process was stopped is not the loop's to answer for.
      blockedMs = last === tick ? blockedMs + Math.min(at - before, 2 * tickMs) : 0;
      tick = last;
      if (blockedMs < 2 * tickMs) {
        renewedAt = -Infinity;
        evicted = false;
      } else if (!busy && !evicted && blockedMs > stallMs) {
        evicted = await attempt(giveUp);
      } else if (!busy && !evicted && at - renewedAt > beatMs && await attempt(renewAll)) {
        renewedAt = at;
      }
    }
  }

  /** Whether Redis answered; if not, it is asked again soon, or the leases decide. */
  async function attempt(work: () => Promise<void>): Promise<boolean> {
    busy = true;
    return await work().then(() => true, () => false).finally(() => busy = false);
  }

  async function renewAll(): Promise<void> {
    const sentAt = now();
    await Promise.all(partitions.map(renewAt));
    const at = now();
    // Trust is a chain: where one renewal came too late for the one before, it begins anew.
    if (at > Number(Atomics.load(cells, cell.until))) write("since", Math.ceil(at));
    write("until", Math.floor(sentAt + leaseMs));
  }

  async function renewAt(partition: Partition, index: number): Promise<void> {
    let rows = starts[index]!.map((id) => ({ id }));
    for (let after = "", more = true; more; more = after !== "") {
      [, , , after] = await call(caller, partition, renew, { worker, leaseMs, after }, rows);
      if (after === "") starts[index] = starts[index]!.slice(rows.length);
      rows = after === "" ? [] : rows;
    }
  }

  async function giveUp(): Promise<void> {
    write("until", 0);
    for (const [index, partition] of partitions.entries()) {
      let ids: string[];
      do {
        ids = await evict(caller, partition, worker, "stalled", leaseMs);
        if (ids.length > 0) ears.raised(index, ids);
      } while (ids.length > 0);
    }
  }

  function write(name: keyof typeof cell, ms: number): void {
    Atomics.store(cells, cell[name], BigInt(ms));
  }

  void listen();
  void watch();
  return {
    started(partition, id) {
      // The oldest are the ones that Redis has heard of from the worker itself.
      starts[partition] = [...starts[partition]!, id].slice(-rowsPerCall);
    },
    stop: () => over.abort(),
  };
}
