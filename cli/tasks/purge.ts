/**
 * `rl tasks purge`: forgets what is over before its time.
 *
 * @module
 */

import { onEach } from "../../adapters/operator/matching.ts";
import { type Command, command } from "../command.ts";
import { choice, duration, list } from "../flags.ts";
import { queuesOf } from "../queues/named.ts";
import { ask, select } from "./select.ts";
import { tell } from "./told.ts";

const args = {
  state: {
    type: "string",
    valueHint: "state,…",
    default: "completed,cancelled",
    description: "Tasks in these states: completed, cancelled",
    many: true,
  },
  older: {
    type: "string",
    valueHint: "duration",
    description: "Only what was pushed this long ago",
  },
  queue: { type: "string", valueHint: "name,…", description: "Only of these queues", many: true },
} as const;

const purge: Command<typeof args> = command({
  summary: "Forget completed and cancelled tasks before their time",
  details: "They go by themselves when their retention ends. With a task its result goes, and so " +
    'does its idempotency key: the same push runs again. Dead tasks are "rl dlq purge".',
  examples: ["rl tasks purge --older 7d", "rl tasks purge --state cancelled --queue mails --yes"],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const { args: { state, older, queue }, relier, signal } = context;
    const before = older === undefined ? Infinity : Date.now() - duration("--older", older);
    const states = list("--state", state).map((each) =>
      choice("--state", each, ["completed", "cancelled"])
    );
    const chosen = await select(context, async () => ({
      queues: await queuesOf(relier, queue),
      states,
      suits: (task) => task.enqueuedAt.getTime() <= before,
    }));
    await ask(context, "forget", chosen);
    const deed = await onEach(relier, chosen.ids, signal, (queue, ids) => queue.discard(ids));
    await tell(context, "forgotten", chosen, deed);
  },
});

export default purge;
