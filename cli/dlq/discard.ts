/**
 * `rl dlq discard`: forgets dead tasks for good.
 *
 * @module
 */

import { discardOnly } from "../../adapters/operator/deeds.ts";
import { onEach } from "../../adapters/operator/matching.ts";
import { type Command, command } from "../command.ts";
import { ask } from "../tasks/select.ts";
import { tell } from "../tasks/told.ts";
import { chooseDead, deadArgs } from "./choose.ts";

const discard: Command<typeof deadArgs> = command({
  summary: "Forget dead tasks for good, payload and all",
  examples: [
    "rl dlq discard 3fK9",
    "rl dlq discard --where name=import-row,reason=corrupt --dry-run",
  ],
  args: deadArgs,
  acts: true,
  bulk: true,
  async run(context) {
    const { relier, signal } = context;
    const chosen = await chooseDead(context);
    await ask(context, "discard", chosen, { what: "dead task" });
    const deed = await onEach(relier, chosen.ids, signal, discardOnly(relier, ["dead"]));
    await tell(context, "discarded", chosen, deed);
  },
});

export default discard;
