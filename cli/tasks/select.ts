/**
 * Which tasks a command acts on: those it names, or all that are like
 * something. They are found before anybody is asked, so that what is confirmed
 * is what is done.
 *
 * @module
 */

import type { Queue, Relier, TaskState, TaskSummary } from "../../mod.ts";
import type { Context } from "../command.ts";
import { CliError } from "../error.ts";
import { short } from "../flags.ts";
import { taskId } from "../task_id.ts";
import { queueOf } from "./state.ts";

/** The tasks a command acts on. */
export interface Selection {
  readonly ids: readonly string[];
  /** Some of them, for people. */
  readonly samples: readonly string[];
  /** Whether they were named, one by one. */
  readonly named: boolean;
}

/** Which tasks are like that. */
export interface Filter {
  readonly queues: readonly string[];
  readonly states: readonly TaskState[];
  readonly suits: (task: TaskSummary) => boolean;
}

const perPage = 200;

/** Every task that suits, a page at a time: each page is one script, however many there are. */
export async function* matching(
  relier: Relier,
  { queues, states, suits }: Filter,
  signal: AbortSignal,
): AsyncGenerator<TaskSummary[]> {
  for (const name of queues) {
    for (const state of states) {
      let cursor: string | null = "";
      while (cursor !== null) {
        signal.throwIfAborted();
        const page = await relier.queue(name).page(state, {
          limit: perPage,
          ...(cursor && { cursor }),
        });
        cursor = page.cursor;
        const found = page.tasks.filter(suits);
        if (found.length > 0) yield found;
      }
    }
  }
}

/** Finds the tasks that are named, or else those that match. */
export async function select(
  context: Pick<Context, "relier" | "rest" | "signal">,
  filter: () => Promise<Filter>,
): Promise<Selection> {
  const { relier, rest, signal } = context;
  const found = new Map<string, string>();
  if (rest.length > 0) {
    for (const text of rest) {
      const id = await taskId(context, text);
      found.set(id, id);
    }
  } else {
    for await (const page of matching(relier, await filter(), signal)) {
      for (const task of page) found.set(task.id, sampleOf(task));
    }
  }
  return {
    ids: [...found.keys()],
    samples: [...found.values()].slice(0, 3),
    named: rest.length > 0,
  };
}

/** The one queue of all tasks, or undefined if they are in several. */
function soleQueue(ids: readonly string[]): string | undefined {
  const queues = new Set(ids.map(queueOf));
  return queues.size === 1 ? [...queues][0] : undefined;
}

/** Asks before something is done to tasks, if there are any; see {@linkcode Context.confirm}. */
export async function ask(
  context: Pick<Context, "confirm">,
  verb: string,
  { ids, samples }: Selection,
  what = "task",
): Promise<void> {
  if (ids.length === 0) return;
  const queue = soleQueue(ids);
  await context.confirm({
    verb,
    count: ids.length,
    samples,
    what,
    ...(queue !== undefined && { queue }),
  });
}

/** What came of an act. */
export interface Deed {
  readonly done: number;
  /** The ids of tasks it was not for. */
  readonly missed: readonly string[];
}

/** Does something to tasks, in pieces of one queue; `act` resolves to the ids it was not for. */
export async function onEach(
  relier: Relier,
  ids: readonly string[],
  signal: AbortSignal,
  act: (queue: Queue, ids: string[]) => Promise<readonly string[]>,
): Promise<Deed> {
  const byQueue = new Map<string, string[]>();
  for (const id of ids) {
    const others = byQueue.get(queueOf(id));
    if (others) others.push(id);
    else byQueue.set(queueOf(id), [id]);
  }
  const missed: string[] = [];
  let seen = 0;
  for (const [name, all] of byQueue) {
    for (let from = 0; from < all.length && !signal.aborted; from += perPage) {
      const piece = all.slice(from, from + perPage);
      missed.push(...await act(relier.queue(name), piece));
      seen += piece.length;
    }
  }
  return { done: seen - missed.length, missed };
}

/** Refuses a line that names tasks and says what they are like, or does neither. @throws {CliError} 2 */
export function oneWay(rest: readonly string[], like: boolean, how: string): void {
  if (rest.length > 0 !== like) return;
  throw new CliError(
    2,
    like ? `Cannot use ids together with ${how}` : `Cannot tell which tasks are meant`,
    { hint: `name them by their ids, or say what they are like with ${how}` },
  );
}

/** The queue, the name, and what went wrong, of a task that is one of many. */
function sampleOf({ id, name, state, error, reason }: TaskSummary): string {
  const why = error ? `: ${error.name}: ${short(error.message)}` : reason ? `: ${reason}` : "";
  return `${id}  ${name}  ${state}${why}`;
}
