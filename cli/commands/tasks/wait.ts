/**
 * `rl tasks wait`: waits until a task has finished.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { taskId } from "./resolve_id.ts";
import { json } from "../../../core/console/mod.ts";

const args = {
  id: { type: "positional", description: "Id of the task, or its beginning" },
} as const;

const wait: Command<typeof args> = command({
  summary: "Wait for a task, and print its result",
  details: "Exits 6 if --timeout passes first, 1 if the task is dead or cancelled.",
  examples: ["rl tasks wait 3fK9 --timeout 1m"],
  args,
  async run(context) {
    const { args, out, relier, signal } = context;
    const id = await taskId(context, args.id);
    const result = await relier.handle(id).result({ signal });
    out.record({ id, result: result ?? null }, () => out.line(json(result)));
  },
});

export default wait;
