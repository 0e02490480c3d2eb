/**
 * `rl audit`: the invariants, against what Redis holds, and a repair.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Queue } from "../../mod.ts";
import { type Command, command, type Context } from "../framework/command.ts";

const args = {
  queue: { type: "string", valueHint: "name", description: "Only this queue (all in use)" },
  fix: { type: "boolean", description: "Put right what is broken; no payload is lost by it" },
} as const;

/** Two sweeps are over by then: what was only on its way has arrived. */
const secondLookMs = 1_000;
/** So much of a plan is read by people; --json has all of it. */
const mostShown = 50;

const audit: Command<typeof args> = command({
  summary: "Check that no task is lost, doubled or held by nobody",
  details: "Walks every queue in small steps. What looks broken is looked at again before it is " +
    "reported. Exits with 8 if something is broken, and still is after --fix.",
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
      const found = await lasting(queue);
      tell(context, name, found);
      const deeds = found.length > 0 && args.fix ? await planOf(context, queue) : [];
      if (deeds.length > 0) plans.push({ queue, deeds });
      else broken += found.length;
    }
    if (plans.length > 0) broken += await repair(context, plans);
    if (names.length === 0) out.note("no queue is in use yet");
    return broken > 0 ? 8 : 0;
  },
});

export default audit;

/** What is to be done to a queue. */
interface Plan {
  readonly queue: Queue;
  readonly deeds: readonly string[];
}

/** What is broken, and a moment later still is. */
async function lasting(queue: Queue): Promise<string[]> {
  const first = await queue.audit();
  if (first.length === 0) return [];
  await pause(secondLookMs);
  const second = new Set(await queue.audit());
  return first.filter((what) => second.has(what));
}

function tell({ out }: Context, queue: string, broken: readonly string[]): void {
  const { green, red } = out.style;
  out.record({ name: queue, queue, broken }, () => {
    if (broken.length === 0) out.line(`${green("✓")} ${queue}  nothing is broken`);
    for (const what of broken) out.line(`${red("✗")} ${queue}  ${what}`);
  });
}

/** What would put a queue right, as far as that can be done from here; and says so. */
async function planOf({ out }: Context, queue: Queue): Promise<readonly string[]> {
  const deeds = await queue.repair({ dryRun: true });
  if (deeds.length === 0) {
    out.note(`nothing in ${queue.name} can be put right from here: look at what was reported`);
    return deeds;
  }
  out.record({ queue: queue.name, plan: deeds }, () => {
    out.line("what would be done:", ...deeds.slice(0, mostShown).map((deed) => `  ${deed}`));
    if (deeds.length > mostShown) out.line(`  … and ${deeds.length - mostShown} more`);
  });
  return deeds;
}

/** Carries the plans out, if that is confirmed; resolves to how much is still broken. */
async function repair(context: Context, plans: readonly Plan[]): Promise<number> {
  const { out, confirm } = context;
  const [{ queue: first }] = plans as [Plan];
  await confirm({
    verb: "make",
    count: plans.reduce((sum, { deeds }) => sum + deeds.length, 0),
    samples: [],
    ...(plans.length === 1 && { queue: first.name }),
    what: "change",
  });
  let broken = 0;
  for (const { queue } of plans) {
    for (const deed of await queue.repair()) {
      out.record(
        { queue: queue.name, done: deed },
        () => out.line(`${out.style.yellow("→")} ${deed}`),
      );
    }
    const left = await lasting(queue);
    if (left.length > 0) tell(context, queue.name, left);
    broken += left.length;
  }
  return broken;
}
