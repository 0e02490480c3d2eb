/**
 * `rl tasks run-again`: pushes the payload of a finished task as a new task.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { taskId } from "./resolve_id.ts";

const args = {
  id: { type: "positional", description: "Id of the task, or its beginning" },
} as const;

const runAgain: Command<typeof args> = command({
  summary: "Run a completed or cancelled task again, as a new task",
  details:
    "Needs a task with keepPayload: true, whose payload is kept. The new task has a new id and a " +
    'new idempotency key, so it repeats the effects. Release dead tasks with "rl dlq release".',
  examples: ["rl tasks run-again 3fK9"],
  args,
  acts: true,
  async run(context) {
    const { args, out, relier } = context;
    const id = await taskId(context, args.id);
    const { id: made } = await relier.runAgain(id);
    out.record({ id: made, of: id }, () => out.line(`${made} runs ${id} again`));
  },
});

export default runAgain;
