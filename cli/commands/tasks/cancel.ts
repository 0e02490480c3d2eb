/**
 * `rl tasks cancel`: cancels waiting and running tasks.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import { applyToTasks, cancelTasks, type TaskSelection } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { choice, list } from "../../framework/option_values.ts";
import { ask, idsArg, oneWay, select } from "./select.ts";
import { reportResult } from "./report_result.ts";
import { filterOf, type WhereArg, whereArg } from "./filter_option.ts";

const args = {
  ids: idsArg as typeof idsArg,
  state: {
    type: "string",
    valueHint: "state,…",
    description: "All tasks in these states: ready, scheduled, running, quarantined",
    many: true,
  },
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "All tasks of these queues",
    many: true,
  },
  name: { type: "string", valueHint: "task", description: "All tasks of this name" },
  where: whereArg as WhereArg,
  reason: { type: "string", valueHint: "text", description: "Stored reason" },
} as const;

const open: readonly TaskState[] = ["ready", "scheduled", "running", "quarantined"];

const cancel: Command<typeof args> = command({
  summary: "Cancel tasks",
  details:
    "A waiting task is cancelled at once. The worker of a running task asks its handler to " +
    "stop; the task may complete before that.",
  examples: [
    "rl tasks cancel 3fK9 --reason 'customer left'",
    "rl tasks cancel --queue mails --state ready,scheduled --dry-run",
    "rl tasks cancel --where name=charge-card,payload.customer.id=42",
  ],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const { args, relier, rest, signal } = context;
    const { state, queue, name, where, reason } = args;
    const like = [state, queue, name, where].some((each) => each !== undefined);
    oneWay(rest, like, "--state, --queue, --name or --where");
    const states = state === undefined
      ? open
      : list("--state", state).map((each) => choice("--state", each, open));
    const suits: TaskSelection["matches"] = (task) => name === undefined || task.name === name;
    const chosen = await select(context, () => filterOf(relier, args, states, suits));
    await ask(context, "cancel", chosen);
    const result = await applyToTasks(relier, chosen.ids, signal, cancelTasks(relier, reason));
    await reportResult(context, "cancelled", chosen, result);
  },
});

export default cancel;
