/**
 * Every task that is like something, and doing something to many of them: in
 * pages, so that no call to Redis is long however many there are.
 *
 * @module
 */

import type { Queue, Relier, TaskState, TaskSummary } from "../../mod.ts";
import { queueOf } from "./ids.ts";

/** Which tasks are like that. */
export interface TaskSelection {
  readonly queues: readonly string[];
  readonly states: readonly TaskState[];
  readonly matches: (task: TaskSummary) => boolean;
  /** Which of those are wanted in the end, where that has to be asked for. */
  readonly select?: (tasks: readonly TaskSummary[]) => Promise<TaskSummary[]>;
}

const perPage = 200;

/** Every task that suits, a page at a time: each page is one script, however many there are. */
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

/** What came of an act. */
export interface BulkResult {
  readonly done: number;
  /** The ids of tasks it was not for. */
  readonly missed: readonly string[];
}

/** Does something to tasks, in pieces of one queue; `act` resolves to the ids it was not for. */
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
