/**
 * `rl idem delete`: deletes the record of a key, so that its work can run again.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { keyArgs, readKey } from "./show.ts";

const deleteKey: Command<typeof keyArgs> = command({
  summary: "Delete the record of a key, so that its work can run again",
  details:
    "Only a completed, cancelled or dead record can be deleted. Cancel a waiting or running " +
    'task with "rl tasks cancel"; a lock ends with its holder.',
  examples: ["rl idem delete order-17", "rl idem delete inv:9917 --task send-invoice --yes"],
  args: keyArgs,
  acts: true,
  bulk: true,
  async run({ args, out, relier, confirm }) {
    const { id, state } = await readKey(relier, args);
    const queue = relier.queue(queueOf(id));
    const over = state === "completed" || state === "cancelled" || state === "dead";
    if (!over) throw underWay(id, state);
    await confirm({ verb: "delete", count: 1, samples: [`${id} (${state})`], what: "key" });
    const [missed] = await queue.discard([id]);
    if (missed) throw underWay(id, "in use again");
    out.record({ id, deleted: true }, () => out.line(`deleted: ${id}`));
  },
});

export default deleteKey;

function underWay(id: string, state: string): CliError {
  return new CliError(5, `Cannot delete "${id}": it is ${state}`, {
    hint: "wait until it has finished, or cancel it",
  });
}
