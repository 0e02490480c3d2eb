/**
 * `rl tasks show`: shows everything known about a task.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { taskId } from "./resolve_id.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { printTask, showArgs } from "./timeline.ts";

const show: Command<typeof showArgs> = command({
  summary: "Show everything known about a task",
  details: "Payloads and results are shown with --payload only.",
  examples: ["rl tasks show default~0~4xPq", "rl tasks show 4xPq --payload --json"],
  args: showArgs,
  watch: true,
  async run(context) {
    const { args, out, relier } = context;
    const id = await taskId(context, args.id);
    const task = await relier.queue(queueOf(id)).inspect(id);
    printTask(out, task, args.payload === true);
  },
});

export default show;
