/**
 * `rl audit`: checks the invariants against the data in Redis, and repairs what it can.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Queue } from "../../mod.ts";
import { type Command, command, type Context } from "../framework/command.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name",
    description: "Only this queue (default: all in use)",
  },
  fix: { type: "boolean", description: "Repair the queues; no payload is lost" },
} as const;

/** Time for two sweeps: a task that was only in transit has arrived by then. */
const recheckMs = 1_000;
/** Most steps of a plan that are printed; --json prints all of them. */
const mostShown = 50;

const audit: Command<typeof args> = command({
  summary: "Check that no task is lost, duplicated or without a holder",
  details: "Walks every queue in small steps, and checks each fault twice before it reports it. " +
    "Exits with 8 if a fault remains, also after --fix.",
  examples: ["rl audit", "rl audit --queue emails --json", "rl audit --fix --yes"],
  args,
  acts: true,
  bulk: true,
  async run(context): Promise<number> {
    const { relier, out, args } = context;
    const names = args.queue === undefined
      ? (await relier.queues()).map(({ name }) => name)
      : [args.queue];
    const plans: Plan[] = [];
    let broken = 0;
    for (const name of names) {
      const queue = relier.queue(name);
      const found = await lastingFaults(queue);
      report(context, name, found);
      const repairs = found.length > 0 && args.fix ? await planOf(context, queue) : [];
      if (repairs.length > 0) plans.push({ queue, repairs });
      else broken += found.length;
    }
    if (plans.length > 0) broken += await repair(context, plans);
    if (names.length === 0) out.note("no queue is in use yet");
    return broken > 0 ? 8 : 0;
  },
});

export default audit;

/** Repair of one queue. */
interface Plan {
  readonly queue: Queue;
  readonly repairs: readonly string[];
}

/** Faults that are still there a moment later. */
async function lastingFaults(queue: Queue): Promise<string[]> {
  const first = await queue.audit();
  if (first.length === 0) return [];
  await pause(recheckMs);
  const second = new Set(await queue.audit());
  return first.filter((what) => second.has(what));
}

function report({ out }: Context, queue: string, broken: readonly string[]): void {
  const { green, red } = out.style;
  out.record({ name: queue, queue, broken }, () => {
    if (broken.length === 0) out.line(`${green("✓")} ${queue}  no faults`);
    for (const what of broken) out.line(`${red("✗")} ${queue}  ${what}`);
  });
}

/** Plans the repair of a queue, and prints the plan. */
async function planOf({ out }: Context, queue: Queue): Promise<readonly string[]> {
  const repairs = await queue.repair({ dryRun: true });
  if (repairs.length === 0) {
    out.note(`no fault of ${queue.name} can be repaired automatically: see the report above`);
    return repairs;
  }
  out.record({ queue: queue.name, plan: repairs }, () => {
    out.line("planned repairs:", ...repairs.slice(0, mostShown).map((step) => `  ${step}`));
    if (repairs.length > mostShown) out.line(`  … and ${repairs.length - mostShown} more`);
  });
  return repairs;
}

/** Carries out the plans once confirmed; resolves to the number of faults that remain. */
async function repair(context: Context, plans: readonly Plan[]): Promise<number> {
  const { out, confirm } = context;
  const [{ queue: first }] = plans as [Plan];
  await confirm({
    verb: "make",
    count: plans.reduce((sum, { repairs }) => sum + repairs.length, 0),
    samples: [],
    ...(plans.length === 1 && { queue: first.name }),
    what: "change",
  });
  let broken = 0;
  for (const { queue } of plans) {
    for (const step of await queue.repair()) {
      out.record(
        { queue: queue.name, done: step },
        () => out.line(`${out.style.yellow("→")} ${step}`),
      );
    }
    const left = await lastingFaults(queue);
    if (left.length > 0) report(context, queue.name, left);
    broken += left.length;
  }
  return broken;
}
