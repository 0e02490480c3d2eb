/**
 * Selects the dead tasks that a command acts on.
 *
 * @module
 */

import type { TaskSelection } from "../../../core/console/mod.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { idsArg, oneWay, select, type Selection } from "../tasks/select.ts";
import { filterOf, type WhereArg, whereArg } from "../tasks/filter_option.ts";

/** Options that select dead tasks. */
export const deadArgs = {
  ids: idsArg as typeof idsArg,
  all: { type: "boolean", description: "All dead tasks" },
  where: whereArg as WhereArg,
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
} as const;

type Args = { readonly [K in "all" | "where" | "queue"]: typeof deadArgs[K] };

/** Selects the named dead tasks, or those that match the options. @throws {CliError} 2 */
export async function chooseDead(
  context: Pick<Context<Args>, "args" | "relier" | "rest" | "signal">,
): Promise<Selection> {
  const { all, where, queue } = context.args;
  if (all && where !== undefined) {
    throw new CliError(2, "Cannot use --all and --where together", { hint: "choose one" });
  }
  if (context.rest.length > 0 && queue !== undefined) {
    throw new CliError(2, "Cannot use ids together with --queue", {
      hint: "an id contains its queue: leave out --queue",
    });
  }
  oneWay(context.rest, all === true || where !== undefined, "--all or --where");
  return await select(context, () => deadFilter(context));
}

/** Selects the dead tasks of `--queue` that match `--where`. @throws {CliError} 2, 4 */
export async function deadFilter(
  { args, relier }: Pick<Context<Args>, "args" | "relier">,
): Promise<TaskSelection> {
  return await filterOf(relier, args, ["dead"]);
}
