/**
 * Which tasks a command acts on: those it names, or all that are like
 * something. They are found before anybody is asked, so that what is confirmed
 * is what is done.
 *
 * @module
 */

import { matchingPages, queueOf, type TaskSelection } from "../../../core/console/mod.ts";
import type { TaskSummary } from "../../../mod.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { taskId } from "./resolve_id.ts";

/** Those it names. */
export const idsArg = {
  type: "positional",
  required: false,
  many: true,
  description: "Tasks, or the beginnings of their ids",
} as const;

/** The tasks a command acts on. */
export interface Selection {
  readonly ids: readonly string[];
  /** Some of them, for people. */
  readonly samples: readonly string[];
  /** Whether they were named, one by one. */
  readonly named: boolean;
}

/** Finds the tasks that are named, or else those that match. */
export async function select(
  context: Pick<Context, "relier" | "rest" | "signal">,
  filter: () => Promise<TaskSelection>,
): Promise<Selection> {
  const { relier, rest, signal } = context;
  const found = new Map<string, string>();
  if (rest.length > 0) {
    for (const text of rest) {
      const id = await taskId(context, text);
      found.set(id, id);
    }
  } else {
    for await (const page of matchingPages(relier, await filter(), signal)) {
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
  { what = "task", slight = false }: { readonly what?: string; readonly slight?: boolean } = {},
): Promise<void> {
  if (ids.length === 0) return;
  const queue = soleQueue(ids);
  await context.confirm({
    verb,
    count: ids.length,
    samples,
    what,
    slight,
    ...(queue !== undefined && { queue }),
  });
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
