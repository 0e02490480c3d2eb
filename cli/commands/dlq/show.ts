/**
 * `rl dlq show`: shows everything known about a dead task.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { taskId } from "../tasks/resolve_id.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { printTask, showArgs } from "../tasks/timeline.ts";

const show: Command<typeof showArgs> = command({
  summary: "Show everything known about a dead task",
  details: "Payloads are shown with --payload only.",
  examples: ["rl dlq show default~0~4xPq", "rl dlq show 4xPq --payload"],
  args: showArgs,
  async run(context) {
    const { args, out, relier } = context;
    const id = await taskId(context, args.id);
    const task = await relier.queue(queueOf(id)).inspect(id);
    if (task.state !== "dead") {
      throw new CliError(5, `Cannot show "${id}" as a dead task: it is ${task.state}`, {
        hint: `run "rl tasks show ${id}"`,
      });
    }
    printTask(out, task, args.payload === true);
    out.line("", `rl why ${id}`, `rl dlq release ${id}`);
  },
});

export default show;
