/**
 * Ids as people type them: in full, or a beginning that only one task has.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";

const full = /^[A-Za-z0-9][\w.-]*~\d+~[\w-]{22}$/;
const fewest = 4;

/**
 * The full id of the task that `text` stands for.
 *
 * @throws {CliError} 2 if it is no id or several tasks begin so, 4 if none does
 */
export async function taskId(context: Pick<Context, "relier">, text: string): Promise<string> {
  if (full.test(text)) return text;
  if (!/^[\w.~-]{4,200}$/.test(text)) {
    throw new CliError(2, `Cannot use task id "${short(text)}": it is no beginning of an id`, {
      hint: `write at least ${fewest} characters of it, as "rl tasks" shows it`,
    });
  }
  const found = await context.relier.find(text);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    throw new CliError(4, `Cannot find a task whose id begins with "${text}"`, {
      hint: 'see "rl tasks" and "rl dlq" for what there is',
    });
  }
  throw new CliError(2, `Cannot tell which task "${text}" is: ${found.length} begin so`, {
    hint: `it may be ${found.slice(0, 5).join(", ")}${found.length > 5 ? ", …" : ""}`,
  });
}
