/**
 * What a command says it has done to tasks: exactly how many, and which it
 * could not do it to.
 *
 * @module
 */

import { type BulkResult, listSome, plural, stateOf } from "../../../core/console/mod.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import type { Selection } from "./select.ts";

/**
 * Tells what was done, such as `released`. What was found by what it is like may
 * be gone meanwhile; what was named has to be there.
 *
 * @throws {CliError} 4, 5 if a task that was named is not there, or in another state.
 */
export async function reportResult(
  { out, relier, signal }: Pick<Context, "out" | "relier" | "signal">,
  verb: string,
  { named, ids }: Selection,
  { done, missed }: BulkResult,
): Promise<void> {
  const told = { verb, done, missed };
  if (!named || done > 0) out.record(told, () => out.line(`${verb} ${plural(done, "task")}`));
  if (signal.aborted) {
    out.note(`${plural(ids.length - done - missed.length, "task")} left as they were`);
  }
  signal.throwIfAborted();
  if (missed.length === 0) return;
  if (!named) {
    return out.note(`${plural(missed.length, "task")} changed meanwhile: ${listSome(missed, 3)}`);
  }
  const first = missed[0]!;
  const state = await stateOf(relier, first);
  const more = missed.length > 1 ? `, and ${plural(missed.length - 1, "other")} likewise not` : "";
  throw new CliError(
    state === undefined ? 4 : 5,
    `Cannot say that "${first}" was ${verb}: ${
      state ? `it is ${state}` : "there is no such task"
    }${more}`,
    { hint: state ? `see "rl why ${first}"` : 'see "rl tasks" and "rl dlq" for what there is' },
  );
}
