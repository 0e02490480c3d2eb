/**
 * `rl dlq delete`: deletes dead tasks.
 *
 * @module
 */

import { applyToTasks, discardInStates } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { ask } from "../tasks/select.ts";
import { reportResult } from "../tasks/report_result.ts";
import { chooseDead, deadArgs } from "./select.ts";

const deleteDead: Command<typeof deadArgs> = command({
  summary: "Delete dead tasks with their payloads",
  examples: [
    "rl dlq delete 3fK9",
    "rl dlq delete --where name=import-row,reason=corrupt --dry-run",
  ],
  args: deadArgs,
  acts: true,
  bulk: true,
  async run(context) {
    const { relier, signal } = context;
    const chosen = await chooseDead(context);
    await ask(context, "delete", chosen, { what: "dead task" });
    const result = await applyToTasks(
      relier,
      chosen.ids,
      signal,
      discardInStates(relier, ["dead"]),
    );
    await reportResult(context, "deleted", chosen, result);
  },
});

export default deleteDead;
