/**
 * `rl idem forget`: lets the work of a key be done again.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { keyArgs, remembered } from "./show.ts";

const forget: Command<typeof keyArgs> = command({
  summary: "Forget what is remembered under a key, so that it can be done again",
  details: "Only what is over can be forgotten: completed, cancelled or dead. What waits or runs " +
    'is cancelled with "rl tasks cancel", and a lock ends with its holder.',
  examples: ["rl idem forget order-17", "rl idem forget inv:9917 --task send-invoice --yes"],
  args: keyArgs,
  acts: true,
  bulk: true,
  async run({ args, out, relier, confirm }) {
    const { id, state } = await remembered(relier, args);
    const queue = relier.queue(queueOf(id));
    const over = state === "completed" || state === "cancelled" || state === "dead";
    if (!over) throw underWay(id, state);
    await confirm({ verb: "forget", count: 1, samples: [`${id} (${state})`], what: "key" });
    const [missed] = await queue.discard([id]);
    if (missed) throw underWay(id, "under way again");
    out.record({ id, forgotten: true }, () => out.line(`forgotten: ${id}`));
  },
});

export default forget;

function underWay(id: string, state: string): CliError {
  return new CliError(5, `Cannot forget "${id}": it is ${state}`, {
    hint: "wait until it is over, or cancel it",
  });
}
