/**
 * `rl tasks cancel`: tasks that are not to run, or not to run on.
 *
 * @module
 */

import type { TaskState } from "../../mod.ts";
import { cancelling } from "../../adapters/operator/deeds.ts";
import { onEach } from "../../adapters/operator/matching.ts";
import { type Command, command } from "../command.ts";
import { choice, list } from "../flags.ts";
import { queuesOf } from "../queues/named.ts";
import { ask, oneWay, select } from "./select.ts";
import { tell } from "./told.ts";

const args = {
  ids: {
    type: "positional",
    required: false,
    many: true,
    description: "Tasks, or the beginnings of their ids",
  },
  state: {
    type: "string",
    valueHint: "state,…",
    description: "All in these states: ready, scheduled, running, quarantined",
    many: true,
  },
  queue: { type: "string", valueHint: "name,…", description: "All of these queues", many: true },
  name: { type: "string", valueHint: "task", description: "All of this name" },
  reason: { type: "string", valueHint: "text", description: "What is kept as the reason" },
} as const;

const open: readonly TaskState[] = ["ready", "scheduled", "running", "quarantined"];

const cancel: Command<typeof args> = command({
  summary: "Cancel tasks",
  details: "A task that waits is cancelled at once. One that runs is asked to stop, through its " +
    "worker, and may complete before it does.",
  examples: [
    "rl tasks cancel 3fK9 --reason 'customer left'",
    "rl tasks cancel --queue mails --state ready,scheduled --dry-run",
  ],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const { args: { state, queue, name, reason }, relier, rest, signal } = context;
    const like = state !== undefined || queue !== undefined || name !== undefined;
    oneWay(rest, like, "--state, --queue or --name");
    const states = state === undefined
      ? open
      : list("--state", state).map((each) => choice("--state", each, open));
    const chosen = await select(context, async () => ({
      queues: await queuesOf(relier, queue),
      states,
      suits: (task) => name === undefined || task.name === name,
    }));
    await ask(context, "cancel", chosen);
    const deed = await onEach(relier, chosen.ids, signal, cancelling(relier, reason));
    await tell(context, "cancelled", chosen, deed);
  },
});

export default cancel;
