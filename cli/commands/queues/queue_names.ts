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
  return await existingQueues(relier, list("--queue", option));
}

/** Returns `name` if there is a queue of this name. @throws {CliError} 4 without any push or worker */
export async function existingQueue(relier: Relier, name: string): Promise<string> {
  relier.queue(name); // Refuses a text that is no name.
  await existingQueues(relier, [name]);
  return name;
}

async function existingQueues(relier: Relier, wanted: string[]): Promise<string[]> {
  const known = (await relier.queues()).map(({ name }) => name);
  const name = wanted.find((each) => !known.includes(each));
  if (name === undefined) return wanted;
  throw new CliError(
    4,
    `Cannot find queue "${short(name)}": no task and no worker has used it yet`,
    {
      hint: didYouMean(name, known, "") || 'see "rl queues" for a list',
    },
  );
}
