/**
 * The limits of a queue on the command line: the options that set them, and the
 * words that show them.
 *
 * @module
 */

import type { QueueLimits } from "../../../mod.ts";
import type { ParsedArgs } from "../../framework/args.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { duration } from "../../framework/duration.ts";
import { integer } from "../../framework/option_values.ts";
import type { Output } from "../../framework/output.ts";
import { rate } from "../../framework/rate.ts";
import { count } from "../../../core/console/mod.ts";

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

/** Every limit, as one that is to go. */
export const noLimits: QueueLimits = {
  maxDepth: null,
  maxAge: null,
  rate: null,
  maxPerTenant: null,
  concurrency: null,
};

/** The limits that the options say; `none` removes one. @throws {CliError} 2 */
function limitsIn(given: ParsedArgs<Args>): QueueLimits {
  const { rate: pace, burst, by, depth, age, tenant, concurrency, clear } = given;
  const number = (option: string, text: string): number =>
    integer(option, text, { min: 1, max: 100_000_000 });
  if (pace === undefined && (burst !== undefined || by !== undefined)) {
    throw new CliError(2, `Cannot use --${burst === undefined ? "by" : "burst"} alone`, {
      hint: "add --rate, such as --rate 100/1s",
    });
  }
  const set = <T>(text: string | undefined, read: (text: string) => T): { value: T | null }[] =>
    text === undefined ? [] : [{ value: text === "none" ? null : read(text) }];
  const limits: QueueLimits = { ...(clear && noLimits) };
  for (const { value } of set(depth, (text) => number("--depth", text))) limits.maxDepth = value;
  for (const { value } of set(age, (text) => duration("--age", text, { min: 1 }))) {
    limits.maxAge = value;
  }
  for (const { value } of set(tenant, (text) => number("--tenant", text))) {
    limits.maxPerTenant = value;
  }
  for (const { value } of set(concurrency, (text) => number("--concurrency", text))) {
    limits.concurrency = value;
  }
  for (const { value } of set(pace, (text) => rate("--rate", text))) {
    limits.rate = value && {
      ...value,
      ...(burst !== undefined && { burst: number("--burst", burst) }),
      ...(by !== undefined && { by }),
    };
  }
  return limits;
}

/** Sets what the options say, and shows what holds then. */
async function setLimits({ args, out, relier }: Context<Args>): Promise<void> {
  const queue = relier.queue(args.queue);
  const limits = limitsIn(args);
  if (Object.keys(limits).length > 0) await queue.limit(limits);
  const { limits: now } = await queue.stats();
  out.record({ name: args.queue, limits: now }, () => {
    const lines = limitWords(now, out);
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

/** The limits in words, one each, by the options that set them. */
export function limitWords(limits: QueueLimits, out: Pick<Output, "span">): string[] {
  const { maxDepth, maxAge, rate, maxPerTenant, concurrency } = limits;
  const words: string[] = [];
  if (rate) {
    const { limit, per, burst = limit, by } = rate;
    const each = by === "tenant" ? " by tenant" : "";
    words.push(`rate ${count(limit)}/${out.span(Number(per))} burst ${count(burst)}${each}`);
  }
  if (maxDepth) words.push(`depth ${count(maxDepth)}`);
  if (maxAge) words.push(`age ${out.span(Number(maxAge))}`);
  if (maxPerTenant) words.push(`tenant ${count(maxPerTenant)}`);
  if (concurrency) words.push(`concurrency ${count(concurrency)}`);
  return words;
}
