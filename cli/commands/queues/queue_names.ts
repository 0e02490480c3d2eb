/**
 * Finds the queues that a command is for.
 *
 * @module
 */

import { usedQueues } from "../../../core/console/mod.ts";
import type { Relier } from "../../../mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import { list, short } from "../../framework/option_values.ts";
import { didYouMean } from "../../framework/suggest.ts";

/**
 * Lists the queues that `option` names, or all used queues except the one of locks.
 *
 * @throws {CliError} 2, 4
 */
export async function queuesOf(relier: Relier, option?: string): Promise<string[]> {
  if (option === undefined) return await usedQueues(relier);
  const known = (await relier.queues()).map(({ name }) => name);
  const wanted = list("--queue", option);
  for (const name of wanted) knownQueue(name, known);
  return wanted;
}

/** Checks that queue `name` exists. @throws {CliError} 4 without any push or worker */
export function knownQueue(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  throw new CliError(
    4,
    `Cannot find queue "${short(name)}": no task and no worker has used it yet`,
    {
      hint: didYouMean(name, known, "") || 'see "rl queues" for a list',
    },
  );
}
