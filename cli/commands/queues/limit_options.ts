/**
 * The limits of a queue on the command line: the options that set them, and the
 * words that show them.
 *
 * @module
 */

import type { QueueLimits } from "../../../mod.ts";
import type { ParsedArgs } from "../../framework/args.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { refused } from "../../framework/option_values.ts";
import { describeLimits, LimitError, noLimits, readLimits } from "../../../core/console/mod.ts";

/** The options of `rl queues limit`. */
export const limitArgs = {
  queue: { type: "positional", description: "The queue" },
  rate: { type: "string", valueHint: "n/time", description: "How fast tasks may come: 100/1s" },
  burst: {
    type: "string",
    valueHint: "n",
    description: "How many may come at once after a quiet time (as many as --rate)",
  },
  by: {
    type: "enum",
    options: ["queue", "tenant"],
    description: "Whether --rate is for all tasks, or for each tenant (queue)",
  },
  depth: { type: "string", valueHint: "n", description: "How many tasks may wait" },
  age: {
    type: "string",
    valueHint: "duration",
    description: "How long the oldest may have waited",
  },
  tenant: {
    type: "string",
    valueHint: "n",
    description: "How many unfinished tasks a tenant may have",
  },
  concurrency: {
    type: "string",
    valueHint: "n",
    description: "How many tasks may run at a time, over all workers",
  },
  clear: { type: "boolean", description: "Remove every limit first" },
} as const;

type Args = typeof limitArgs;

/** The limits that the options say; `none` removes one. @throws {CliError} 2 */
function limitsOf({ clear, queue: _, ...texts }: ParsedArgs<Args>): QueueLimits {
  try {
    return { ...clear && noLimits, ...readLimits(texts) };
  } catch (error) {
    if (error instanceof LimitError) {
      throw refused(`--${error.option}`, error.text, error.message, error.hint);
    }
    throw error;
  }
}

/** Sets what the options say, and shows what holds then. */
async function setLimits({ args, out, relier }: Context<Args>): Promise<void> {
  const queue = relier.queue(args.queue);
  const limits = limitsOf(args);
  if (Object.keys(limits).length > 0) await queue.limit(limits);
  const { limits: now } = await queue.stats();
  out.record({ name: args.queue, limits: now }, () => {
    const lines = describeLimits(now);
    out.line(`queue "${args.queue}" ${lines.length > 0 ? "is limited" : "has no limits"}`);
    out.line(...lines.map((line) => `  ${line}`));
  });
}

/** A command that sets limits; what differs is how it is found. */
export function limitCommand(name: string): Command<Args> {
  return command({
    summary: "Limit what a queue takes in, and how much of it runs at a time",
    details: "The limits are stored with the queue, and hold for every producer and worker at " +
      'once. An option sets one, "none" as its value removes it, and without any they are ' +
      "shown. Whatever is refused can be tried again later; a duplicate is never refused.",
    examples: [
      `rl ${name} mails --rate 100/1s --burst 20 --depth 10000 --age 5m`,
      `rl ${name} mails --rate 10/1m --by tenant --tenant 100`,
      `rl ${name} mails --concurrency 5`,
      `rl ${name} mails --rate none`,
    ],
    args: limitArgs,
    acts: true,
    run: setLimits,
  });
}
