/**
 * `rl tasks retry`: runs scheduled or dead tasks now.
 *
 * @module
 */

import { type Command, command, type Context } from "../../framework/command.ts";
import { applyToTasks, queueOf } from "../../../core/console/mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import { choice } from "../../framework/option_values.ts";
import { ask, idsArg, oneWay, select } from "./select.ts";
import { reportResult } from "./report_result.ts";
import { filterOf, type WhereArg, whereArg } from "./filter_option.ts";

const args = {
  ids: idsArg as typeof idsArg,
  state: {
    type: "string",
    valueHint: "scheduled",
    description: "All scheduled tasks",
  },
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "All scheduled tasks of these queues",
    many: true,
  },
  where: whereArg as WhereArg,
} as const;

const retry: Command<typeof args> = command({
  summary: "Run scheduled or dead tasks now",
  details:
    "A dead task runs again, with all its attempts. Options select scheduled tasks only. To " +
    'release many dead tasks, or to limit the rate, use "rl dlq release".',
  examples: ["rl tasks retry 3fK9", "rl tasks retry --state scheduled --where name=send-mail"],
  args,
  acts: true,
  bulk: true,
  async run(context) {
    const { args, relier, rest, signal } = context;
    const { state, queue, where } = args;
    const like = [state, queue, where].some((each) => each !== undefined);
    oneWay(rest, like, "--state, --queue or --where");
    const states = [choice("--state", state ?? "scheduled", ["scheduled"])];
    const chosen = await select(context, () => filterOf(relier, args, states));
    await ask(context, "retry", chosen, { slight: chosen.named });
    if (chosen.named) {
      for (const id of chosen.ids) await again(context, id);
      return;
    }
    const result = await applyToTasks(
      relier,
      chosen.ids,
      signal,
      (queue, ids) => queue.promote(ids),
    );
    await reportResult(context, "retried", chosen, result);
  },
});

export default retry;

/** Runs a named task. @throws {CliError} 5 if it is neither scheduled nor dead */
async function again({ out, relier }: Context<typeof args>, id: string): Promise<void> {
  const queue = relier.queue(queueOf(id));
  const { state } = await relier.handle(id).status();
  const act = state === "scheduled" ? "promote" : state === "dead" ? "release" : undefined;
  const missed = act && await queue[act]([id]);
  if (!missed || missed.length > 0) {
    const now = missed ? (await relier.handle(id).status()).state : state;
    throw new CliError(5, `Cannot retry "${id}": it is ${now}`, {
      hint: hints[now] ?? `only scheduled and dead tasks can be retried; see "rl why ${id}"`,
    });
  }
  out.record({ id, was: state }, () => out.line(`${id} is ready (it was ${state})`));
}

const hints: Readonly<Record<string, string>> = {
  ready: "it already waits for a free worker",
  running: "it runs already",
  quarantined: "it runs alone as soon as a worker is empty",
};
