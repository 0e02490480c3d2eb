/**
 * `rl tasks purge`: deletes finished tasks before their retention ends.
 *
 * @module
 */

import {
  applyToTasks,
  type BulkAction,
  discardInStates,
  type TaskSelection,
} from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import { choice, list } from "../../framework/option_values.ts";
import { ask, idsArg, oneWay, select } from "./select.ts";
import { reportResult } from "./report_result.ts";
import { filterOf, type WhereArg, whereArg } from "./filter_option.ts";

const args = {
  ids: idsArg as typeof idsArg,
  state: {
    type: "string",
    valueHint: "state,…",
    description: "States: completed, cancelled (default: both)",
    many: true,
  },
  older: {
    type: "string",
    valueHint: "duration",
    description: "Only tasks pushed at least this long ago",
  },
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  where: whereArg as WhereArg,
} as const;

const over = ["completed", "cancelled"] as const;

const purge: Command<typeof args> = command({
  summary: "Delete completed and cancelled tasks before their retention ends",
  details:
    "Finished tasks are deleted by themselves when their retention ends. The result and the " +
    "idempotency key go with the task: the same push runs again. For dead tasks, see " +
    '"rl dlq purge".',
  examples: [
    "rl tasks purge 3fK9",
    "rl tasks purge --older 7d",
    "rl tasks purge --state cancelled --queue mails --yes",
  ],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const { args, relier, rest, signal } = context;
    const { state, older, queue, where } = args;
    const like = [state, older, queue, where].some((each) => each !== undefined);
    if (rest.length > 0) oneWay(rest, like, "--state, --older, --queue or --where");
    const before = older === undefined ? Infinity : Date.now() - duration("--older", older);
    const states = state === undefined
      ? over
      : list("--state", state).map((each) => choice("--state", each, over));
    const suits: TaskSelection["matches"] = ({ enqueuedAt }) => enqueuedAt.getTime() <= before;
    const chosen = await select(context, () => filterOf(relier, args, states, suits));
    await ask(context, "delete", chosen);
    // A named task may be dead; a matching one is completed or cancelled.
    const deleteTasks: BulkAction = chosen.named
      ? discardInStates(relier, over)
      : (queue, ids) => queue.discard(ids);
    const result = await applyToTasks(relier, chosen.ids, signal, deleteTasks);
    await reportResult(context, "deleted", chosen, result);
  },
});

export default purge;
