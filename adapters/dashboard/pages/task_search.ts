/**
 * Looking for tasks: bounded by what is examined at, not by what is found, and
 * always with a place to go on from.
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

/** What was found. */
export interface Search {
  readonly tasks: readonly TaskSummary[];
  /** How many were examined at for that. */
  readonly examined: number;
  /** How many there are in those states. */
  readonly total: number;
  /** Where to go on; `null` at the end. */
  readonly next: string | null;
}

/** How a search goes. */
export interface SearchOptions {
  readonly states: readonly TaskState[];
  readonly cursor?: string | undefined;
  /** How many to find. */
  readonly limit: number;
  /** Only what was there at this moment, in ms since 1970. */
  readonly until?: number;
  /** Reads pages whole, though a few more are found. */
  readonly whole?: boolean;
  /** Leaves out what a look of a moment ago found empty. */
  readonly quick?: boolean;
}

/** Looks for tasks. @throws RangeError if a viewer asks for payloads, or the cursor is of another list. */
export async function search(
  ask: RequestContext,
  filter: TaskFilter,
  { states, cursor, limit, until = Infinity, whole = false, quick = false }: SearchOptions,
): Promise<Search> {
  const { rl } = ask;
  const asksPayload = filter.payload.length > 0;
  if (asksPayload && !ask.showsPayloads) {
    throw new RangeError('Cannot look into payloads: that takes the role "operator"');
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

/** Those whose id begins so. */
async function named(
  rl: Relier,
  filter: TaskFilter,
  states: readonly TaskState[],
  keeps: (task: TaskSummary) => boolean,
): Promise<Search> {
  const ids = await rl.find(filter.id ?? "");
  const all = await Promise.all(ids.map((id) => inspectTask(rl, id)));
  const tasks = all.filter((task) => task !== undefined).filter((task) =>
    states.includes(task.state) && keeps(task) && matchesPayload(task, filter.payload)
  );
  return { tasks, examined: all.length, total: all.length, next: null };
}
