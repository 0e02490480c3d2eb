/**
 * Finds all tasks that match, and acts on many of them, page by page: no call to
 * Redis takes long, however many there are.
 *
 * @module
 */

import type { Queue, Relier, TaskState, TaskSummary } from "../../mod.ts";
import { queueOf } from "./ids.ts";

/** Queues, states and conditions that select tasks. */
export interface TaskSelection {
  /** Queues to search. */
  readonly queues: readonly string[];
  /** States to search, in this order. */
  readonly states: readonly TaskState[];
  /** Tests whether a task matches. */
  readonly matches: (task: TaskSummary) => boolean;
  /** Further selection that needs a call, such as one by payload. */
  readonly select?: (tasks: readonly TaskSummary[]) => Promise<TaskSummary[]>;
}

const perPage = 200;

/** Yields every task that matches, a page at a time; each page is one script call. */
export async function* matchingPages(
  relier: Relier,
  { queues, states, matches, select }: TaskSelection,
  signal?: AbortSignal,
): AsyncGenerator<TaskSummary[]> {
  for (const name of queues) {
    for (const state of states) {
      let cursor: string | null = "";
      while (cursor !== null) {
        signal?.throwIfAborted();
        const page = await relier.queue(name).page(state, {
          limit: perPage,
          ...(cursor && { cursor }),
        });
        cursor = page.cursor;
        const suitable = page.tasks.filter(matches);
        const found = select ? await select(suitable) : suitable;
        if (found.length > 0) yield found;
      }
    }
  }
}

/** Result of an action on many tasks. */
export interface BulkResult {
  /** Number of tasks that were changed. */
  readonly done: number;
  /** Ids of the tasks that it did not apply to. */
  readonly missed: readonly string[];
}

/** Applies `act` to tasks, in chunks of one queue; `act` resolves to the ids it did not apply to. */
export async function applyToTasks(
  relier: Relier,
  ids: readonly string[],
  signal: AbortSignal | undefined,
  act: (queue: Queue, ids: string[]) => Promise<readonly string[]>,
): Promise<BulkResult> {
  const byQueue = new Map<string, string[]>();
  for (const id of ids) {
    const others = byQueue.get(queueOf(id));
    if (others) others.push(id);
    else byQueue.set(queueOf(id), [id]);
  }
  const missed: string[] = [];
  let seen = 0;
  for (const [name, all] of byQueue) {
    for (let from = 0; from < all.length && !signal?.aborted; from += perPage) {
      const piece = all.slice(from, from + perPage);
      missed.push(...await act(relier.queue(name), piece));
      seen += piece.length;
    }
  }
  return { done: seen - missed.length, missed };
}
