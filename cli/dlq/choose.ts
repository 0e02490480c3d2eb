/**
 * Which dead tasks a command acts on.
 *
 * @module
 */

import { type Condition, conditions, suiting } from "../../adapters/operator/conditions.ts";
import type { Filter } from "../../adapters/operator/matching.ts";
import type { Context } from "../command.ts";
import { CliError } from "../error.ts";
import { short } from "../flags.ts";
import { didYouMean } from "../kernel/near.ts";
import { queuesOf } from "../queues/named.ts";
import { oneWay, select, type Selection } from "../tasks/select.ts";

/** The options that say which. */
export const deadArgs = {
  ids: {
    type: "positional",
    required: false,
    many: true,
    description: "Tasks, or the beginnings of their ids",
  },
  all: { type: "boolean", description: "Every dead task" },
  where: {
    type: "string",
    valueHint: "name=…,error=…,reason=…,like=…",
    description:
      "All of this name, whose error contains this, that died for this reason, of a group of rl dlq",
    many: true,
  },
  queue: { type: "string", valueHint: "name,…", description: "Only of these queues", many: true },
} as const;

type Args = { readonly [K in "all" | "where" | "queue"]: typeof deadArgs[K] };

/** The dead tasks that are named, or that are like that. @throws {CliError} 2 */
export async function chooseDead(
  context: Pick<Context<Args>, "args" | "relier" | "rest" | "signal">,
): Promise<Selection> {
  const { all, where, queue } = context.args;
  if (all && where !== undefined) {
    throw new CliError(2, "Cannot use --all and --where together", { hint: "choose one" });
  }
  if (context.rest.length > 0 && queue !== undefined) {
    throw new CliError(2, "Cannot use ids together with --queue", {
      hint: "an id says which queue it is of",
    });
  }
  oneWay(context.rest, all === true || where !== undefined, "--all or --where");
  return await select(context, () => deadFilter(context));
}

/** Every dead task of `--queue` that is like `--where`. @throws {CliError} 2, 4 */
export async function deadFilter(
  { args: { where, queue }, relier }: Pick<Context<Args>, "args" | "relier">,
): Promise<Filter> {
  const suits = where === undefined ? () => true : conditionsOf(where);
  return { queues: await queuesOf(relier, queue), states: ["dead"], suits };
}

/** What `--where` says: a comma ends a condition only where the next one begins. @throws {CliError} 2 */
function conditionsOf(where: string): Filter["suits"] {
  const wanted: { [K in Condition]?: string } = {};
  for (const part of where.split(/,(?=\s*\w+=)/)) {
    const [, name = "", text = ""] = /^\s*(\w+)=(.+)$/s.exec(part) ?? [];
    const known = conditions.find((each) => each === name);
    if (known === undefined || wanted[known] !== undefined) {
      throw new CliError(2, `Cannot use option --where "${short(part)}": it is no condition`, {
        hint: (name && didYouMean(name, conditions, "")) ||
          "write it like name=charge-card,error=StripeError,reason=attempts",
      });
    }
    wanted[known] = text;
  }
  return suiting(wanted);
}
