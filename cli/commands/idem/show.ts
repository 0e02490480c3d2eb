/**
 * `rl idem show`: what is remembered under a key.
 *
 * @module
 */

import { keyId, type Relier, RelierError, type TaskDetails } from "../../../mod.ts";
import type { ParsedArgs } from "../../framework/args.ts";
import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { queueOf } from "../../../core/console/mod.ts";
import { storyArgs, tellStory } from "../tasks/timeline.ts";

/** What names a key. */
export const keyArgs = {
  key: { type: "positional", required: true, description: "The key, in full" },
  task: {
    type: "string",
    valueHint: "name",
    description: "The task whose business key it is (an idempotencyLock() if absent)",
  },
  queue: {
    type: "string",
    valueHint: "name",
    default: "default",
    description: "The queue of the task",
  },
} as const;

/** A key, and whose it is. */
type Named = Pick<ParsedArgs<typeof keyArgs>, keyof typeof keyArgs>;

type Args = typeof keyArgs & Pick<typeof storyArgs, "payload">;

const args: Args = { ...keyArgs, payload: storyArgs.payload };

const show: Command<Args> = command({
  summary: "Show what is remembered under an idempotency key",
  details: "A key is not stored as such: the id is derived from it, so it has to be given in full.",
  examples: ["rl idem show order-17", "rl idem show inv:9917 --task send-invoice --queue mails"],
  args,
  async run({ args, out, relier }) {
    tellStory(out, await remembered(relier, args), args.payload === true);
  },
});

export default show;

/** What is remembered under a key. @throws {CliError} 4 if nothing is */
export async function remembered(relier: Relier, named: Named): Promise<TaskDetails> {
  const id = keyId(named);
  try {
    return await relier.queue(queueOf(id)).inspect(id);
  } catch (error) {
    if (!RelierError.is(error, "RL_NOT_FOUND")) throw error;
    const { key, task, queue } = named;
    const why = task === undefined
      ? "no lock has it"
      : `no task "${short(task)}" of queue "${short(queue)}" has it`;
    throw new CliError(4, `Cannot find key "${short(key)}": ${why}`, {
      hint: task === undefined
        ? "name the task with --task, if it is a task's key"
        : "the key, the task and the queue have to be those of the push",
    });
  }
}
