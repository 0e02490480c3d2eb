/**
 * Deletes the results of locks at the end of their retention. No worker sweeps where they are
 * stored, so the client that completes one comes back for it.
 *
 * @module
 */

import { maxTimer } from "../base/duration.ts";
import type { Partition } from "../protocol/keys.ts";
import { call, type Caller } from "../redis/call.ts";
import { purgeLocks } from "../redis/generated/worker.ts";

/** The next purge of a client. */
interface NextPurge {
  readonly at: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

const planned = new WeakMap<Caller, NextPurge>();

/** The least time between two purges, unless more is to be purged than one call does. */
const pauseMs = 1000;

/** Purges the locks at `partition` in `ms`. The timer does not keep the process alive. */
export function purgeLocksIn(caller: Caller, partition: Partition, ms: number): void {
  const at = performance.now() + ms;
  const next = planned.get(caller);
  if (next && next.at <= at) return;
  clearTimeout(next?.timer);
  const timer = setTimeout(() => void purge(caller, partition), Math.min(ms, maxTimer));
  (timer as { unref?(): void }).unref?.();
  planned.set(caller, { at, timer });
}

async function purge(caller: Caller, partition: Partition): Promise<void> {
  planned.delete(caller);
  try {
    const [, , , nextMs] = await call(caller, partition, purgeLocks, {});
    if (nextMs >= 0) purgeLocksIn(caller, partition, nextMs && Math.max(nextMs, pauseMs));
  } catch {
    // The client is closed, or Redis is away: the next lock purges.
  }
}
