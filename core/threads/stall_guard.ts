/**
 * What lets a worker live on while its event loop is blocked: where there are
 * threads, one stands in for it, and this is the worker's side of that. Where
 * there are none the loop alone proves that it lives.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { Partition } from "../protocol/keys.ts";
import type { RedisPort } from "../port.ts";
import { cell, type Cover, type StandInEars } from "./stall_guard_thread.ts";
import { threads } from "./host_threads.ts";

/** The worker's side of its stand-in. */
export interface Pulse {
  /** Who beats while the loop is blocked: a thread, or nobody. */
  readonly kind: "thread" | "loop";
  /** Has a thread stand in, if it can be had; nothing waits for it. */
  start(): void;
  /** The loop turns. */
  tick(): void;
  /** The handler of `claim` is about to start. */
  starting(claim: Claim): void;
  /** Whether nobody else can have `claim` yet. */
  trusts(claim: Claim): boolean;
  stop(): void;
}

/** Makes the pulse of a worker; `onError` is told why there is no thread, `onRaised` what one gave away. */
export function createPulse(
  port: RedisPort,
  cover: Omit<Cover, "cells">,
  onError: (error: unknown) => void,
  onRaised: (partition: Partition, ids: readonly string[]) => void,
): Pulse {
  const { partitions, stallMs } = cover;
  // A cell for each name; 8 bytes, because a time in milliseconds outgrows four in 24 days.
  const bytes = 8 * Object.keys(cell).length;
  // A host without shared memory has no threads that would look at it.
  const shared = typeof SharedArrayBuffer === "function";
  const cells = new BigInt64Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  let kind: Pulse["kind"] = "loop";
  let hired: { started(partition: number, id: string): void; stop(): void } | undefined;
  let stopped = false;
  const read = (name: keyof typeof cell): number => Number(Atomics.load(cells, cell[name]));

  async function hire(): Promise<void> {
    const origin = await port.origin?.();
    if (origin === undefined) return;
    const { hireStandIn } = await threads();
    if (stopped) return;
    const ears: StandInEars = {
      standing: (yes) => void (kind = yes ? "thread" : "loop"),
      raised: (index, ids) => onRaised(partitions[index]!, ids),
    };
    hired = hireStandIn(origin, { ...cover, cells }, ears, onError);
  }

  return {
    get kind() {
      return kind;
    },
    start() {
      if (stallMs > 0 && shared) void hire().catch(onError);
    },
    tick: () => void Atomics.add(cells, cell.tick, 1n),
    starting(claim) {
      // Of the others Redis knows: they were claimed to be started at once.
      if (!claim.started) hired?.started(partitions.indexOf(claim.partition), claim.id);
    },
    trusts({ trustUntil }) {
      const now = performance.now();
      if (now < trustUntil) return true;
      const since = read("since");
      return since > 0 && since < trustUntil && now < read("until");
    },
    stop() {
      stopped = true;
      hired?.stop();
    },
  };
}
