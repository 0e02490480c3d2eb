/**
 * `rl dlq purge`: forgets what has been dead for long.
 *
 * @module
 */

import { applyToTasks } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import { ask, select } from "../tasks/select.ts";
import { tell } from "../tasks/report_result.ts";
import { deadArgs, deadFilter } from "./select.ts";

const args = {
  older: {
    type: "string",
    valueHint: "duration",
    required: true,
    description: "Only what has been dead for this long",
  },
  where: deadArgs.where,
  queue: deadArgs.queue,
} as const;

// What its arguments are is known to this file only.
const purge: Command<any> = command({
  summary: "Forget what has been dead for long",
  details: 'Nothing of it is left. "rl dlq export" keeps a copy.',
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
    await ask(context, "forget", chosen, { what: "dead task" });
    const deed = await applyToTasks(relier, chosen.ids, signal, (queue, ids) => queue.discard(ids));
    await tell(context, "forgotten", chosen, deed);
  },
});

export default purge;
