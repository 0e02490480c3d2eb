/**
 * Resolves task ids as operators type them: in full, or a unique beginning.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";

const full = /^[A-Za-z0-9][\w.-]*~\d+~[\w-]{22}$/;
const fewest = 4;

/**
 * Finds the full id that `text` stands for.
 *
 * @throws {CliError} 2 if it is not an id or several match, 4 if none does
 */
export async function taskId(context: Pick<Context, "relier">, text: string): Promise<string> {
  if (full.test(text)) return text;
  if (!/^[\w.~-]{4,200}$/.test(text)) {
    throw new CliError(2, `Cannot use task id "${short(text)}": it is not the beginning of an id`, {
      hint: `write at least ${fewest} characters of it, as "rl tasks" shows it`,
    });
  }
  const found = await context.relier.find(text);
  if (found.length === 1) return found[0]!;
  if (found.length === 0) {
    throw new CliError(4, `Cannot find a task whose id begins with "${text}"`, {
      hint: 'see "rl tasks" and "rl dlq" for a list',
    });
  }
  throw new CliError(2, `Cannot choose task "${text}": ${found.length} ids begin with it`, {
    hint: `write more of it: ${found.slice(0, 5).join(", ")}${found.length > 5 ? ", …" : ""}`,
  });
}
