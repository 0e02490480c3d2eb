/**
 * `rl queues limit` and `rl admission set`: sets the limits of a queue.
 *
 * @module
 */

import type { QueueLimits } from "../../../mod.ts";
import type { ParsedArgs } from "../../framework/args.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { refused } from "../../framework/option_values.ts";
import { describeLimits, LimitError, noLimits, readLimits } from "../../../core/console/mod.ts";
import { existingQueue } from "./queue_names.ts";

const args = {
  queue: { type: "positional", description: "Name of the queue" },
  rate: { type: "string", valueHint: "n/time", description: "Most pushes in a time: 100/1s" },
  burst: {
    type: "string",
    valueHint: "n",
    description: "Most pushes at once after a quiet time (default: as many as --rate)",
  },
  by: {
    type: "enum",
    options: ["queue", "tenant"],
    description: "Scope of --rate: all tasks, or each tenant",
  },
  depth: { type: "string", valueHint: "n", description: "Most waiting tasks" },
  age: {
    type: "string",
    valueHint: "duration",
    description: "Longest wait of the oldest task",
  },
  tenant: {
    type: "string",
    valueHint: "n",
    description: "Most unfinished tasks of a tenant",
  },
  concurrency: {
    type: "string",
    valueHint: "n",
    description: "Most tasks running at a time, over all workers",
  },
  clear: { type: "boolean", description: "Remove all limits first" },
} as const;

type Args = typeof args;

/** Reads the limits from the options; `none` removes one. @throws {CliError} 2 */
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

/** Sets limits, and shows the current ones. */
async function setLimits({ args, out, relier }: Context<Args>): Promise<void> {
  const limits = limitsOf(args);
  const queue = relier.queue(await existingQueue(relier, args.queue));
  if (Object.keys(limits).length > 0) await queue.limit(limits);
  const { limits: now } = await queue.stats();
  out.record({ name: args.queue, limits: now }, () => {
    const lines = describeLimits(now);
    out.line(`queue "${args.queue}" ${lines.length > 0 ? "is limited" : "has no limits"}`);
    out.line(...lines.map((line) => `  ${line}`));
  });
}

/** Creates the command under a name, for its examples. */
export function limitCommand(name: string): Command<Args> {
  return command({
    summary: "Set the limits of a queue: rate, depth, age, tenants, concurrency",
    details: "Limits are stored with the queue, and apply to all producers and workers at once. " +
      'Each option sets one; the value "none" removes it. Without options, the command shows ' +
      "them. A refused push can be retried later; a duplicate is never refused.",
    examples: [
      `rl ${name} mails --rate 100/1s --burst 20 --depth 10000 --age 5m`,
      `rl ${name} mails --rate 10/1m --by tenant --tenant 100`,
      `rl ${name} mails --concurrency 5`,
      `rl ${name} mails --rate none`,
    ],
    args: args,
    acts: true,
    run: setLimits,
  });
}
