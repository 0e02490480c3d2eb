/**
 * `rl cost`: counts the Redis commands of tasks and of idle workers, for a Redis that
 * bills them.
 *
 * @module
 */

import { openScratch } from "../lab/bench/scratch.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { type IdleCost, idleCosts } from "../lab/cost/idle.ts";
import { type TaskCost, taskCosts } from "../lab/cost/tasks.ts";
import { CliError } from "../framework/cli_error.ts";

const args = {
  price: {
    type: "string",
    default: "0.2",
    valueHint: "usd",
    description: "Price of 100,000 commands in US dollars",
  },
  idle: { type: "boolean", description: "Count only idle workers" },
} as const;

const cost: Command<typeof args> = command({
  summary: "Count the Redis commands of a task and of an idle day",
  details:
    "Tasks are counted on a Redis of its own, or on the one in --url; never on a configured " +
    "one. Idle workers are counted on the embedded engine with a virtual clock, scaled to a day. " +
    "A script counts as one command, because it is one request over HTTP.",
  examples: ["rl cost", "rl cost --price 0.2", "rl cost --idle --json"],
  args,
  async run(context): Promise<number> {
    const { args: given, out } = context;
    const price = priceOf(given.price);
    out.note(out.style.dim("counting: this takes a few seconds"));
    const idle = await idleCosts();
    const tasks = given.idle ? [] : await measuredTasks(context);
    show(context, price, idle, tasks);
    return 0;
  },
});

export default cost;

async function measuredTasks({ settings, out }: Context<typeof args>): Promise<TaskCost[]> {
  const url = settings.url.from === "--url" ? settings.url.value : undefined;
  const scratch = await openScratch(url, (text) => out.note(out.style.dim(text)));
  try {
    return await taskCosts(scratch.port, scratch.client);
  } finally {
    await scratch.close();
  }
}

function priceOf(text: string): number {
  const price = /^\d{1,6}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
  if (price >= 0) return price;
  throw new CliError(2, `Cannot use --price "${text}": it is not an amount`, {
    hint: "write it like 0.2, in US dollars for 100,000 commands",
  });
}

const right = { align: "right" } as const;

function show(
  { out }: Context<typeof args>,
  price: number,
  idle: readonly IdleCost[],
  tasks: readonly TaskCost[],
): void {
  const usd = (commands: number): string => `$${(commands / 100_000 * price).toFixed(2)}`;
  out.record({ usdPer100k: price, idle, tasks }, () => {
    if (tasks.length > 0) {
      out.table(tasks, [
        { title: "TASK", of: ({ what }) => what },
        {
          title: "COMMANDS PER TASK",
          of: ({ perTask }) => String(Number(perTask.toFixed(2))),
          ...right,
        },
        { title: "PER MILLION", of: ({ perTask }) => usd(1e6 * perTask), ...right },
      ]);
      out.line("");
    }
    out.table(idle, [
      { title: "IDLE WORKER", of: ({ profile }) => profile },
      { title: "COMMANDS PER DAY, HTTP", of: (each) => count(each.perDay.http), ...right },
      { title: "TCP", of: (each) => count(each.perDay.tcp), ...right },
      { title: "30 DAYS, HTTP", of: (each) => usd(30 * each.perDay.http), ...right },
      { title: "TCP", of: (each) => usd(30 * each.perDay.tcp), ...right },
      { title: "COUNTED OVER", of: (each) => out.span(each.countedMs), ...right },
    ]);
    out.line("", `at $${price} for 100,000 commands`);
  });
}

function count(commands: number): string {
  return commands.toLocaleString("en-US");
}
