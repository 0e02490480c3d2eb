/**
 * Actions on many tasks, a chunk of one queue at a time. Each resolves to the ids
 * of the tasks that it did not apply to.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Queue, Relier } from "../../mod.ts";

/** An action on tasks of one queue. */
export type BulkAction = (queue: Queue, ids: string[]) => Promise<readonly string[]>;

/** Cancels waiting tasks, and asks workers to stop running ones. */
export function cancelTasks(relier: Relier, reason?: string): BulkAction {
  return async (_, ids) => {
    const cancelled = await Promise.all(ids.map((id) => relier.handle(id).cancel(reason)));
    return ids.filter((_, i) => !cancelled[i]);
  };
}

/** Discards tasks in one of `states`. The engine alone would discard every finished task. */
export function discardInStates(relier: Relier, states: readonly string[]): BulkAction {
  return async (queue, ids) => {
    const now = await Promise.all(ids.map((id) => stateOf(relier, id)));
    const meant = ids.filter((_, i) => states.includes(now[i] ?? ""));
    return [...ids.filter((id) => !meant.includes(id)), ...await queue.discard(meant)];
  };
}

/** The state of a task; undefined if there is none. */
export async function stateOf(relier: Relier, id: string): Promise<string | undefined> {
  try {
    return (await relier.handle(id).status()).state;
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
}
