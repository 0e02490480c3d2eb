/**
 * `rl admission reset`: removes the limits of a queue.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { describeLimits, noLimits } from "../../../core/console/mod.ts";
import { existingQueue } from "../queues/queue_names.ts";

const args = { queue: { type: "positional", description: "Name of the queue" } } as const;

const reset: Command<typeof args> = command({
  summary: "Remove every limit of a queue",
  examples: ["rl admission reset mails"],
  args,
  acts: true,
  bulk: true,
  async run({ args: { queue: name }, out, relier, confirm }) {
    await existingQueue(relier, name);
    const queue = relier.queue(name);
    const { limits } = await queue.stats();
    const words = describeLimits(limits);
    if (words.length > 0) {
      const count = words.length;
      await confirm({ verb: "remove", count, samples: words, what: "limit", queue: name });
      await queue.limit(noLimits);
    }
    out.record({ name, was: limits }, () => {
      out.line(`queue "${name}" ${words.length > 0 ? "has no limits now" : "had no limits"}`);
    });
  },
});

export default reset;
