/**
 * Names of workers, beside their ids.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";

/** Most queues whose workers are read. */
const mostQueues = 50;

/** Reads the names of the workers of `queues`, by id; workers without a name are left out. */
export async function workerNames(
  relier: Relier,
  queues: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const asked = [...new Set(queues)].slice(0, mostQueues);
  const fleets = await Promise.all(asked.map((queue) => relier.queue(queue).workers()));
  return new Map(fleets.flat().flatMap(({ id, info }) => info.name ? [[id, info.name]] : []));
}

/** Fewest characters of an id that stand for it. */
const fewest = 4;

/** Tests whether `typed` names the worker `id`: by its name, or by the beginning of its id. */
export function matchesWorker(
  typed: string,
  id: string | null,
  names: ReadonlyMap<string, string>,
): boolean {
  if (id === null) return false;
  return names.get(id) === typed || (typed.length >= fewest && id.startsWith(typed));
}
