/**
 * `rl audit`: the invariants, against what Redis holds, and a repair.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import type { Queue } from "../mod.ts";
import { type Command, command, type Context } from "./command.ts";

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
  bulk: true,
  async run(context): Promise<number> {
    const { relier, out, args } = context;
    const names = args.queue === undefined
      ? (await relier.queues()).map(({ name }) => name)
      : [args.queue];
    let broken = 0;
    for (const name of names) {
      const queue = relier.queue(name);
      let found = await lasting(queue);
      tell(context, name, found);
      if (found.length > 0 && args.fix) {
        await repair(context, queue);
        found = await queue.audit();
        if (found.length > 0) tell(context, name, found);
      }
      broken += found.length;
    }
    if (names.length === 0) out.note("no queue is in use yet");
    return broken > 0 ? 8 : 0;
  },
});

export default audit;

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

async function repair({ out, confirm }: Context, queue: Queue): Promise<void> {
  const plan = await queue.repair({ dryRun: true });
  if (plan.length === 0) {
    out.note(`nothing in ${queue.name} can be put right from here: look at what was reported`);
    return;
  }
  out.record({ queue: queue.name, plan }, () => {
    out.line("", "what would be done:", ...plan.slice(0, mostShown).map((deed) => `  ${deed}`));
    if (plan.length > mostShown) out.line(`  … and ${plan.length - mostShown} more`);
  });
  await confirm({
    verb: "make",
    count: plan.length,
    samples: plan,
    queue: queue.name,
    what: "change",
  });
  for (const deed of await queue.repair()) {
    out.record(
      { queue: queue.name, done: deed },
      () => out.line(`${out.style.yellow("→")} ${deed}`),
    );
  }
}
