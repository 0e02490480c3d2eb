/**
 * Dead tasks as lines of JSON, which `rl dlq import` reads back.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";
import { json } from "./json.ts";
import { matchingPages, type TaskSelection } from "./filter_search.ts";
import { inspectTask } from "./filter_payload.ts";

/** How many are asked for at once: each may be a megabyte. */
const atOnce = 20;

/** The lines of all dead tasks that suit, some at a time; they hold payloads. */
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

/** The line of a task; undefined if it is not dead any more. */
async function lineOf(relier: Relier, id: string): Promise<string | undefined> {
  const task = await inspectTask(relier, id);
  if (task?.state !== "dead") return undefined;
  // The envelope holds the payload, too; which of two would an import believe?
  const { payload: _, ...line } = task;
  return json(line) + "\n";
}
