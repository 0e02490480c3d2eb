/**
 * Looking for tasks: bounded by what is looked at, not by what is found, and
 * always with a place to go on from.
 *
 * @module
 */

import {
  type Relier,
  RelierError,
  type TaskDetails,
  type TaskState,
  type TaskSummary,
} from "../../mod.ts";
import { queueOf } from "../operator/ids.ts";
import { walk } from "../operator/walk.ts";
import type { Ask } from "./page.ts";
import { hasPayload, isNarrow, suitsOf, type TaskFilter } from "./task_filter.ts";

/** What was found. */
export interface Search {
  readonly tasks: readonly TaskSummary[];
  /** How many were looked at for that. */
  readonly looked: number;
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

/** A payload has to be asked for by itself, and may be large. */
const mostPayloads = 1000;
const payloadsAtOnce = 20;

/** Looks for tasks. @throws RangeError if a viewer asks for payloads, or the cursor is of another list. */
export async function search(
  ask: Ask,
  filter: TaskFilter,
  { states, cursor, limit, until = Infinity, whole = false, quick = false }: SearchOptions,
): Promise<Search> {
  const { rl } = ask;
  const asksPayload = filter.payload.length > 0;
  if (asksPayload && !ask.showsPayloads) {
    throw new RangeError('Cannot look into payloads: that takes the role "operator"');
  }
  const look = await ask.look();
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
  const suits = await suitsOf(ask, filter);
  const was = (task: TaskSummary): boolean =>
    task.enqueuedAt.getTime() <= until && (task.state !== "dead" || Number(task.at) <= until);
  const keeps = (task: TaskSummary): boolean => suits(task) && was(task);
  if (filter.id !== undefined) return await named(rl, filter, states, keeps);
  const found = await walk(rl, {
    queues,
    states,
    limit,
    cursor,
    suits: keeps,
    whole: whole || isNarrow(filter),
    ...quick && { skips: ({ queue, state }) => countOf(queue, state) === 0 },
    ...asksPayload && { most: mostPayloads, picks: (some) => withPayload(rl, some, filter) },
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
  const all = await Promise.all(ids.map((id) => seen(rl, id)));
  const tasks = all.filter((task) => task !== undefined).filter((task) =>
    states.includes(task.state) && keeps(task) && hasPayload(task, filter.payload)
  );
  return { tasks, looked: all.length, total: all.length, next: null };
}

async function withPayload(
  rl: Relier,
  tasks: readonly TaskSummary[],
  { payload }: TaskFilter,
): Promise<TaskSummary[]> {
  const kept: TaskSummary[] = [];
  for (let from = 0; from < tasks.length; from += payloadsAtOnce) {
    const some = tasks.slice(from, from + payloadsAtOnce);
    const details = await Promise.all(some.map(({ id }) => seen(rl, id)));
    kept.push(...some.filter((_, i) => details[i] && hasPayload(details[i], payload)));
  }
  return kept;
}

/** A task; undefined if it is gone. */
export async function seen(rl: Relier, id: string): Promise<TaskDetails | undefined> {
  try {
    return await rl.queue(queueOf(id)).inspect(id);
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
}
