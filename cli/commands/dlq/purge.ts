/**
 * `rl dlq purge`: deletes tasks that have been dead for long.
 *
 * @module
 */

import { applyToTasks } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import { ask, select } from "../tasks/select.ts";
import { reportResult } from "../tasks/report_result.ts";
import { deadArgs, deadFilter } from "./select.ts";

const args = {
  older: {
    type: "string",
    valueHint: "duration",
    required: true,
    description: "Only tasks that have been dead for this long",
  },
  where: deadArgs.where,
  queue: deadArgs.queue,
} as const;

// The type of the arguments stays in this file.
const purge: Command<any> = command({
  summary: "Delete tasks that have been dead for long",
  details: 'Nothing of the tasks is kept. To keep a copy, run "rl dlq export" before.',
  examples: ["rl dlq purge --older 30d --dry-run", "rl dlq purge --older 7d --queue mails --yes"],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const { args, relier, signal } = context;
    const before = Date.now() - duration("--older", args.older);
    const chosen = await select(context, async () => {
      const filter = await deadFilter({ args: { ...args, all: undefined }, relier });
      return {
        ...filter,
        matches: (task) => task.at !== null && task.at.getTime() <= before && filter.matches(task),
      };
    });
    await ask(context, "delete", chosen, { what: "dead task" });
    const result = await applyToTasks(
      relier,
      chosen.ids,
      signal,
      (queue, ids) => queue.discard(ids),
    );
    await reportResult(context, "deleted", chosen, result);
  },
});

export default purge;
