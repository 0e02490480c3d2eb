/**
 * Export of dead tasks as lines of JSON, which `rl dlq import` reads.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";
import { json } from "./json.ts";
import { matchingPages, type TaskSelection } from "./filter_search.ts";
import { inspectTask } from "./filter_payload.ts";

/** Tasks read at once: each may be a megabyte. */
const atOnce = 20;

/** Yields the lines of all dead tasks that match, some at a time. They contain payloads. */
export async function* exportLines(
  relier: Relier,
  filter: TaskSelection,
  signal?: AbortSignal,
): AsyncGenerator<string[]> {
  for await (const page of matchingPages(relier, filter, signal)) {
    for (let from = 0; from < page.length; from += atOnce) {
      const some = page.slice(from, from + atOnce);
      const lines = await Promise.all(some.map(({ id }) => lineOf(relier, id)));
      yield lines.filter((line) => line !== undefined);
    }
  }
}

/** The line of a task; undefined if it is no longer dead. */
async function lineOf(relier: Relier, id: string): Promise<string | undefined> {
  const task = await inspectTask(relier, id);
  if (task?.state !== "dead") return undefined;
  // The envelope contains the payload, too: an import must find one of them.
  const { payload: _, ...line } = task;
  return json(line) + "\n";
}
