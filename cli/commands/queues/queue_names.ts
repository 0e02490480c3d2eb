/**
 * Which queues a command is about.
 *
 * @module
 */

import { usedQueues } from "../../../core/console/mod.ts";
import type { Relier } from "../../../mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import { list, short } from "../../framework/option_values.ts";
import { didYouMean } from "../../framework/suggest.ts";

/**
 * The queues that `option` names, or all that were ever used but the one of locks.
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

/** @throws {CliError} 4 if nothing was ever pushed to `name` and nobody works on it. */
export function knownQueue(name: string, known: readonly string[]): string {
  if (known.includes(name)) return name;
  throw new CliError(4, `Cannot find queue "${short(name)}": nobody has used it yet`, {
    hint: didYouMean(name, known, "") || 'see "rl queues" for what there is',
  });
}
