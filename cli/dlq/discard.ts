/**
 * `rl dlq discard`: forgets dead tasks for good.
 *
 * @module
 */

import { type Command, command } from "../command.ts";
import { ask, onEach } from "../tasks/select.ts";
import { stateOf, tell } from "../tasks/told.ts";
import { chooseDead, deadArgs } from "./choose.ts";

const discard: Command<typeof deadArgs> = command({
  summary: "Forget dead tasks for good, payload and all",
  examples: [
    "rl dlq discard 3fK9",
    "rl dlq discard --where name=import-row,reason=corrupt --dry-run",
  ],
  args: deadArgs,
  bulk: true,
  async run(context) {
    const { relier, signal } = context;
    const chosen = await chooseDead(context);
    await ask(context, "discard", chosen, "dead task");
    const deed = await onEach(relier, chosen.ids, signal, async (queue, ids) => {
      // The engine forgets whatever is over; this command only what is dead.
      const states = await Promise.all(ids.map((id) => stateOf(relier, id)));
      const dead = ids.filter((_, i) => states[i] === "dead");
      return [...ids.filter((id) => !dead.includes(id)), ...await queue.discard(dead)];
    });
    await tell(context, "discarded", chosen, deed);
  },
});

export default discard;
