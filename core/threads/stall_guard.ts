/**
 * Keeps the leases of a worker alive while its event loop is blocked: the worker's
 * side. Where there are threads, one renews them meanwhile. Where there are none,
 * the event loop alone proves that the worker lives.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import type { Resurrection } from "../recovery/sweeper.ts";
import type { RedisPort } from "../port.ts";
import { cell, type StallGuardConfig, type StallGuardEvents } from "./stall_guard_thread.ts";
import { threads } from "./host_threads.ts";

/** The worker's side of its stall guard. */
export interface StallGuard {
  /** The source of heartbeats: a thread that also beats while the loop is blocked, or the loop alone. */
  readonly kind: "thread" | "loop";
  /** Starts the thread, if there can be one, in the background. */
  start(): void;
  /** Notes that the event loop turns. */
  tick(): void;
  /** Notes that a handler is about to start which Redis may not know: its id and partition. */
  started(partition: Partition, id: string): void;
  /** True if the thread has kept a lease alive until now that was safe until `trustedUntil`. */
  keeps(trustedUntil: number, now: number): boolean;
  stop(): void;
}

/** Receives the reports of a stall guard. */
export interface StallGuardReports {
  /** The thread cannot run; with the reason. */
  error(error: unknown): void;
  /** The loop was blocked for too long: the thread gave these tasks to other workers. */
  evicted(partition: Partition, tasks: readonly Resurrection[]): void;
}

/** Makes the stall guard of a worker; it does not run yet. */
export function createStallGuard(
  port: RedisPort,
  config: Omit<StallGuardConfig, "cells">,
  reports: StallGuardReports,
): StallGuard {
  const { partitions, stallMs } = config;
  // A cell for each name; 8 bytes, because a time in milliseconds outgrows four in 24 days.
  const bytes = 8 * Object.keys(cell).length;
  // A host without shared memory has no threads that would look at it.
  const shared = typeof SharedArrayBuffer === "function";
  const cells = new BigInt64Array(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
  let kind: StallGuard["kind"] = "loop";
  let thread: { started(partition: number, id: string): void; stop(): void } | undefined;
  let stopped = false;
  const read = (name: keyof typeof cell): number => Number(Atomics.load(cells, cell[name]));

  async function open(): Promise<void> {
    const origin = await port.origin?.();
    if (origin === undefined) return;
    const { startStallGuard } = await threads();
    if (stopped) return;
    const events: StallGuardEvents = {
      guarding: (yes) => void (kind = yes ? "thread" : "loop"),
      evicted: (index, tasks) => reports.evicted(partitions[index]!, tasks),
      error: reports.error,
    };
    thread = startStallGuard(origin, { ...config, cells }, events);
  }

  return {
    get kind() {
      return kind;
    },
    start() {
      if (stallMs > 0 && shared) void open().catch(reports.error);
    },
    tick: () => void Atomics.add(cells, cell.tick, 1n),
    started: (partition, id) => thread?.started(partitions.indexOf(partition), id),
    keeps(trustedUntil, now) {
      const since = read("since");
      return since > 0 && since < trustedUntil && now < read("until");
    },
    stop() {
      stopped = true;
      thread?.stop();
    },
  };
}
