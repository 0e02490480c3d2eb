/**
 * `rl idem show`: what is remembered under a key.
 *
 * @module
 */

import { keyId } from "../../mod.ts";
import { type Command, command } from "../command.ts";
import { queueOf } from "../../adapters/operator/ids.ts";
import { storyArgs, tellStory } from "../tasks/story.ts";

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

type Args = typeof keyArgs & Pick<typeof storyArgs, "payload">;

const args: Args = { ...keyArgs, payload: storyArgs.payload };

const show: Command<Args> = command({
  summary: "Show what is remembered under an idempotency key",
  details: "A key is not stored as such: the id is derived from it, so it has to be given in full.",
  examples: ["rl idem show order-17", "rl idem show inv:9917 --task send-invoice --queue mails"],
  args,
  async run({ args, out, relier }) {
    const id = keyId(args);
    const task = await relier.queue(queueOf(id)).inspect(id);
    tellStory(out, task, args.payload === true);
  },
});

export default show;
