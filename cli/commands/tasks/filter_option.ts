/**
 * Option `--where`: conditions that select the tasks of a command.
 *
 * @module
 */

import {
  ConditionError,
  type Conditions,
  conditions,
  parseWhere,
  payloadSelect,
  taskMatcherWithWorkers,
  type TaskSelection,
} from "../../../core/console/mod.ts";
import type { Relier, TaskState } from "../../../mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { didYouMean } from "../../framework/suggest.ts";
import { queuesOf } from "../queues/queue_names.ts";

/** Type of the option. */
export interface WhereArg {
  readonly type: "string";
  readonly valueHint: string;
  readonly description: string;
  readonly many: true;
}

/** The option. Quote a value that contains a comma and another condition. */
export const whereArg: WhereArg = {
  type: "string",
  valueHint: "condition,…",
  description:
    "Conditions: name=, reason= or worker= equal to a text; error= contains it; id= begins " +
    "with it; since=10m for recent pushes; payload.<path>=; like= for a group of rl dlq",
  many: true,
};

/**
 * Selects the tasks in `states` that match `--queue`, `--where` and `also`.
 *
 * @throws {CliError} 2, 4
 */
export async function filterOf(
  relier: Relier,
  { queue, where }: { readonly queue?: string | undefined; readonly where?: string | undefined },
  states: readonly TaskState[],
  also: TaskSelection["matches"] = () => true,
): Promise<TaskSelection> {
  const queues = await queuesOf(relier, queue);
  if (where === undefined) return { queues, states, matches: also };
  const wanted = conditionsOf(where);
  const matches = await taskMatcherWithWorkers(relier, queues, wanted);
  const payload = payloadSelect(relier, wanted.payload);
  return { queues, states, matches: (task) => also(task) && matches(task), ...payload };
}

function conditionsOf(where: string): Conditions {
  try {
    return parseWhere(where);
  } catch (error) {
    if (!(error instanceof ConditionError)) throw error;
    const { part, condition, message } = error;
    throw new CliError(2, `Cannot use option --where "${short(part)}": ${message}`, {
      hint: (condition && didYouMean(condition, conditions, "")) ||
        "write it like name=charge-card,error=StripeError,payload.customer.id=42",
    });
  }
}
