/**
 * `rl dlq show`: the whole story of a dead task.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { taskId } from "../tasks/resolve_id.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { storyArgs, tellStory } from "../tasks/timeline.ts";

const show: Command<typeof storyArgs> = command({
  summary: "Show everything known about a dead task",
  details: "Payloads are shown with --payload only.",
  examples: ["rl dlq show default~0~4xPq", "rl dlq show 4xPq --payload"],
  args: storyArgs,
  async run(context) {
    const { args, out, relier } = context;
    const id = await taskId(context, args.id);
    const task = await relier.queue(queueOf(id)).inspect(id);
    if (task.state !== "dead") {
      throw new CliError(5, `Cannot show "${id}" among the dead: it is ${task.state}`, {
        hint: `run "rl tasks show ${id}"`,
      });
    }
    tellStory(out, task, args.payload === true);
    out.line("", `rl why ${id}`, `rl dlq release ${id}`);
  },
});

export default show;
