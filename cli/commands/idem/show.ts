/**
 * `rl idem show`: shows the record of an idempotency key.
 *
 * @module
 */

import { keyId, type Relier, RelierError, type TaskDetails } from "../../../mod.ts";
import type { ParsedArgs } from "../../framework/args.ts";
import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { printTask, showArgs } from "../tasks/timeline.ts";

/** Arguments that name a key. */
export const keyArgs = {
  key: { type: "positional", required: true, description: "Full key" },
  task: {
    type: "string",
    valueHint: "name",
    description: "Task of the key (default: the key of an idempotencyLock())",
  },
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name",
    default: "default",
    description: "Queue of the task",
  },
} as const;

/** A key, its task and its queue. */
type Named = Pick<ParsedArgs<typeof keyArgs>, keyof typeof keyArgs>;

type Args = typeof keyArgs & Pick<typeof showArgs, "payload">;

const args: Args = { ...keyArgs, payload: showArgs.payload };

const show: Command<Args> = command({
  summary: "Show the record of an idempotency key",
  details: "Keys are not stored, only ids derived from them: give the full key.",
  examples: ["rl idem show order-17", "rl idem show inv:9917 --task send-invoice --queue mails"],
  args,
  async run({ args, out, relier }) {
    printTask(out, await readKey(relier, args), args.payload === true);
  },
});

export default show;

/** Reads the record of a key. @throws {CliError} 4 if there is none */
export async function readKey(relier: Relier, named: Named): Promise<TaskDetails> {
  const id = keyId(named);
  try {
    return await relier.queue(queueOf(id)).inspect(id);
  } catch (error) {
    if (!RelierError.is(error, "RL_NOT_FOUND")) throw error;
    const { key, task, queue } = named;
    const why = task === undefined
      ? "no lock has this key"
      : `no task "${short(task)}" of queue "${short(queue)}" has this key`;
    throw new CliError(4, `Cannot find key "${short(key)}": ${why}`, {
      hint: task === undefined
        ? "name the task with --task if the key belongs to a task"
        : "use the key, the task and the queue of the push",
    });
  }
}
