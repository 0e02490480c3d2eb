/**
 * `rl tasks result`: prints the result of a task.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { taskId } from "./resolve_id.ts";
import { json } from "../../../core/console/mod.ts";

const args = {
  id: { type: "positional", description: "Id of the task, or its beginning" },
} as const;

const result: Command<typeof args> = command({
  summary: "Print the result of a finished task",
  details: "Exits 5 if the task has not finished, 1 if it is dead or cancelled.",
  examples: ["rl tasks result 3fK9"],
  args,
  async run(context) {
    const { args, out, relier, signal } = context;
    const id = await taskId(context, args.id);
    const handle = relier.handle(id);
    const { state } = await handle.status();
    if (state !== "completed" && state !== "dead" && state !== "cancelled") {
      throw new CliError(5, `Cannot show the result of "${id}": it is ${state}`, {
        hint: `wait for it with "rl tasks wait ${id}"`,
      });
    }
    const value = await handle.result({ signal });
    out.record({ id, result: value ?? null }, () => out.line(json(value)));
  },
});

export default result;
