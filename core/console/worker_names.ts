/**
 * What people call workers, beside their ids.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";

/** Queues whose workers are asked for; whoever has more works on few of them. */
const mostQueues = 50;

/** The names of the workers of `queues`, by id; those without a name are left out. */
export async function workerNames(
  relier: Relier,
  queues: Iterable<string>,
): Promise<ReadonlyMap<string, string>> {
  const asked = [...new Set(queues)].slice(0, mostQueues);
  const fleets = await Promise.all(asked.map((queue) => relier.queue(queue).workers()));
  return new Map(fleets.flat().flatMap(({ id, info }) => info.name ? [[id, info.name]] : []));
}

/** The fewest characters of an id that stand for it. */
const fewest = 4;

/** Whether the worker `id` is meant by `typed`: its name, or how its id begins. */
export function matchesWorker(
  typed: string,
  id: string | null,
  names: ReadonlyMap<string, string>,
): boolean {
  if (id === null) return false;
  return names.get(id) === typed || (typed.length >= fewest && id.startsWith(typed));
}
