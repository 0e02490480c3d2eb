/**
 * Brings back what a worker held that is known to be dead: at once, and again
 * until Redis has heard of it.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Relier } from "../../mod.ts";

const againMs = 500;
/** By then every lease has ended by itself. */
const longestMs = 60_000;

/**
 * Brings back what `worker` held in `queues`, with `cause`. Resolves to the ids
 * of the tasks, or to undefined if Redis could not be told.
 */
export async function evictWorker(
  relier: Relier,
  queues: readonly string[],
  worker: string,
  cause: string,
): Promise<string[] | undefined> {
  const all = await Promise.all(queues.map((queue) => evict(relier, queue, worker, cause)));
  return all.includes(undefined) ? undefined : all.flatMap((ids) => ids!);
}

async function evict(
  relier: Relier,
  name: string,
  worker: string,
  cause: string,
): Promise<string[] | undefined> {
  const queue = relier.queue(name);
  const deadline = performance.now() + longestMs;
  while (performance.now() < deadline) {
    try {
      return await queue.evict(worker, cause);
    } catch {
      await pause(againMs, undefined, { ref: false });
    }
  }
  return undefined;
}
