/**
 * Selects the tasks that a command acts on: named ones, or all that match. The
 * search comes before the confirmation, so that the command changes exactly the
 * confirmed tasks.
 *
 * @module
 */

import { matchingPages, queueOf, type TaskSelection } from "../../../core/console/mod.ts";
import type { TaskSummary } from "../../../mod.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { taskId } from "./resolve_id.ts";

/** Argument that names tasks. */
export const idsArg = {
  type: "positional",
  required: false,
  many: true,
  description: "Ids of tasks, or their beginnings",
} as const;

/** The tasks a command acts on. */
export interface Selection {
  readonly ids: readonly string[];
  /** Descriptions of some of them. */
  readonly samples: readonly string[];
  /** Set if the command line names the tasks. */
  readonly named: boolean;
}

/** Finds the named tasks, or else those that match. */
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

/** Finds the queue of all tasks; undefined if they are in several. */
function soleQueue(ids: readonly string[]): string | undefined {
  const queues = new Set(ids.map(queueOf));
  return queues.size === 1 ? [...queues][0] : undefined;
}

/** Asks for confirmation if there are tasks; see {@linkcode Context.confirm}. */
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

/** Requires either ids or conditions. @throws {CliError} 2 for both or neither */
export function oneWay(rest: readonly string[], like: boolean, how: string): void {
  if (rest.length > 0 !== like) return;
  throw new CliError(
    2,
    like ? `Cannot use ids together with ${how}` : `Cannot choose tasks: none is named`,
    { hint: `name tasks by their ids, or select them with ${how}` },
  );
}

/** Describes a task in a line: id, name, state and error. */
function sampleOf({ id, name, state, error, reason }: TaskSummary): string {
  const why = error ? `: ${error.name}: ${short(error.message)}` : reason ? `: ${reason}` : "";
  return `${id}  ${name}  ${state}${why}`;
}
