/**
 * Evicts a dead worker: its tasks are resurrected at once, rather than when
 * their leases expire.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Relier, Resurrection } from "../../mod.ts";

const retryMs = 500;
/** After this time every lease has expired anyway. */
const longestMs = 60_000;

/**
 * Evicts `worker` from `queues`, with the cause of its death. Retries while Redis
 * is away. Resolves to its tasks and their fates, or to undefined if Redis stayed
 * away.
 */
export async function evictWorker(
  relier: Relier,
  queues: readonly string[],
  worker: string,
  cause: string,
): Promise<Resurrection[] | undefined> {
  const all = await Promise.all(queues.map((queue) => evictFrom(relier, queue, worker, cause)));
  return all.includes(undefined) ? undefined : all.flatMap((tasks) => tasks!);
}

async function evictFrom(
  relier: Relier,
  name: string,
  worker: string,
  cause: string,
): Promise<Resurrection[] | undefined> {
  const queue = relier.queue(name);
  const deadline = performance.now() + longestMs;
  while (performance.now() < deadline) {
    try {
      return await queue.evict(worker, cause);
    } catch {
      await sleep(retryMs, undefined, { ref: false });
    }
  }
  return undefined;
}
