/**
 * Reports the result of an action on tasks: how many it changed, and which it did
 * not apply to.
 *
 * @module
 */

import { type BulkResult, listSome, plural, stateOf } from "../../../core/console/mod.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import type { Selection } from "./select.ts";

/**
 * Prints the result of an action, such as `released`. A task found by a condition may
 * have changed since; a named task must exist.
 *
 * @throws {CliError} 4, 5 if a named task does not exist, or is in another state.
 */
export async function reportResult(
  { out, relier, signal }: Pick<Context, "out" | "relier" | "signal">,
  verb: string,
  { named, ids }: Selection,
  { done, missed }: BulkResult,
): Promise<void> {
  const report = { verb, done, missed };
  if (!named || done > 0) out.record(report, () => out.line(`${verb} ${plural(done, "task")}`));
  if (signal.aborted) {
    out.note(`${plural(ids.length - done - missed.length, "task")} left unchanged`);
  }
  signal.throwIfAborted();
  if (missed.length === 0) return;
  if (!named) {
    return out.note(`${plural(missed.length, "task")} changed in between: ${listSome(missed, 3)}`);
  }
  const first = missed[0]!;
  const state = await stateOf(relier, first);
  const more = missed.length > 1
    ? `, and ${plural(missed.length - 1, "other")} failed as well`
    : "";
  throw new CliError(
    state === undefined ? 4 : 5,
    `Cannot say that "${first}" was ${verb}: ${
      state ? `it is ${state}` : "the task does not exist"
    }${more}`,
    { hint: state ? `see "rl why ${first}"` : 'see "rl tasks" and "rl dlq" for a list' },
  );
}
