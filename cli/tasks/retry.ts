/**
 * `rl tasks retry`: runs a task now that waits for its time, or is dead.
 *
 * @module
 */

import { type Command, command } from "../command.ts";
import { CliError } from "../error.ts";
import { taskId } from "../task_id.ts";

const args = {
  ids: { type: "positional", many: true, description: "Tasks, or the beginnings of their ids" },
} as const;

const retry: Command<typeof args> = command({
  summary: "Run tasks now that wait for their time, or are dead",
  details: "A dead task gets another life, with all its attempts. Many dead ones are released " +
    'with "rl dlq release", which can go slowly.',
  examples: ["rl tasks retry 3fK9"],
  args,
  acts: true,
  async run(context) {
    const { out, relier, rest } = context;
    for (const text of rest) {
      const id = await taskId(context, text);
      const queue = relier.queue(id.slice(0, id.indexOf("~")));
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
  },
});

export default retry;

const hints: Readonly<Record<string, string>> = {
  ready: "it waits for a free worker already",
  running: "it is tried right now",
  quarantined: "it runs alone as soon as a worker is free for it",
};
