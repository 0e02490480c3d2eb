/**
 * The search for tasks: it limits how many tasks are examined, and returns a cursor to
 * continue from.
 *
 * @module
 */

import type { Relier, TaskState, TaskSummary } from "../../../mod.ts";
import { taskMatcherWithWorkers } from "../../../core/console/filter.ts";
import {
  inspectTask,
  matchesPayload,
  maxPayloads,
  payloadSelect,
} from "../../../core/console/filter_payload.ts";
import { scanTasks } from "../../../core/console/paged_scan.ts";
import type { RequestContext } from "../page.ts";
import { isNarrow, type TaskFilter } from "./task_filter.ts";

/** The most stored tasks that a search for the beginning of an id looks at. */
const maxScanned = 100_000;

/** The result of a search. */
export interface Search {
  readonly tasks: readonly TaskSummary[];
  /** The number of tasks that were examined. */
  readonly examined: number;
  /** The number of tasks in those states. */
  readonly total: number;
  /** The cursor to continue from; `null` at the end. */
  readonly next: string | null;
}

/** Options of a search. */
export interface SearchOptions {
  readonly states: readonly TaskState[];
  readonly cursor?: string | undefined;
  /** The number of tasks to find. */
  readonly limit: number;
  /** Only tasks that existed at this time, in ms since 1970. */
  readonly until?: number;
  /** Returns whole pages, even if that exceeds the limit. */
  readonly whole?: boolean;
  /** Skips states that are empty in the latest snapshot. */
  readonly quick?: boolean;
}

/** Searches. @throws RangeError if a viewer filters by payload, or the cursor is invalid. */
export async function search(
  ask: RequestContext,
  filter: TaskFilter,
  { states, cursor, limit, until = Infinity, whole = false, quick = false }: SearchOptions,
): Promise<Search> {
  const { rl } = ask;
  const asksPayload = filter.payload.length > 0;
  if (asksPayload && !ask.showsPayloads) {
    throw new RangeError('Cannot filter by payload: you need the role "operator"');
  }
  const look = await ask.snapshot();
  const counted = look.queues.filter(({ name }) =>
    filter.queue === undefined || name === filter.queue
  );
  const countOf = (queue: string, state: TaskState): number =>
    counted.find(({ name }) => name === queue)?.stats.counts[state] ?? 0;
  const queues = filter.queue === undefined ? counted.map(({ name }) => name) : [filter.queue];
  const total = queues.reduce(
    (sum, queue) => sum + states.reduce((n, state) => n + countOf(queue, state), 0),
    0,
  );
  const matches = await taskMatcherWithWorkers(rl, look.queues.map(({ name }) => name), filter);
  const was = (task: TaskSummary): boolean =>
    task.enqueuedAt.getTime() <= until && (task.state !== "dead" || Number(task.at) <= until);
  const keeps = (task: TaskSummary): boolean => matches(task) && was(task);
  if (filter.id !== undefined) return await named(rl, filter, states, keeps);
  const found = await scanTasks(rl, {
    queues,
    states,
    limit,
    cursor,
    matches: keeps,
    whole: whole || isNarrow(filter),
    ...quick && { skips: ({ queue, state }) => countOf(queue, state) === 0 },
    ...asksPayload && { maxExamined: maxPayloads },
    ...payloadSelect(rl, filter.payload),
  });
  return { ...found, total };
}

/** The tasks whose id begins with the text of the filter. */
async function named(
  rl: Relier,
  filter: TaskFilter,
  states: readonly TaskState[],
  keeps: (task: TaskSummary) => boolean,
): Promise<Search> {
  const { id = "", queue } = filter;
  const beginning = queue === undefined || id.includes("~") ? id : `${queue}~0~${id}`;
  const ids = await rl.find(beginning, { maxScanned });
  const all = await Promise.all(ids.map((id) => inspectTask(rl, id)));
  const tasks = all.filter((task) => task !== undefined).filter((task) =>
    states.includes(task.state) && keeps(task) && matchesPayload(task, filter.payload)
  );
  return { tasks, examined: all.length, total: all.length, next: null };
}
