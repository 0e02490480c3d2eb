/**
 * What operators do to tasks, a piece of one queue at a time; each resolves to
 * the ids it was not for.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Queue, Relier } from "../../mod.ts";

/** Something that is done to tasks of a queue. */
export type BulkAction = (queue: Queue, ids: string[]) => Promise<readonly string[]>;

/** Cancels those that wait, and has workers stop those that run. */
export function cancelTasks(relier: Relier, reason?: string): BulkAction {
  return async (_, ids) => {
    const came = await Promise.all(ids.map((id) => relier.handle(id).cancel(reason)));
    return ids.filter((_, i) => !came[i]);
  };
}

/** Forgets those that are in one of `states`; the engine forgets whatever is over. */
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
