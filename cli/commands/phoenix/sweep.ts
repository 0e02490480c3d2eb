/**
 * `rl phoenix sweep`: brings back once what lost workers left.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { describeEnding, isAlive, scanTasks } from "../../../core/console/mod.ts";
import type { Relier, TaskSummary } from "../../../mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { queuesOf } from "../queues/queue_names.ts";

const args = {
  queue: { type: "string", valueHint: "name,…", description: "Only of these queues", many: true },
  "dry-run": { type: "boolean", description: "Only show what would be brought back" },
} as const;

const sweep: Command<typeof args> = command({
  summary: "Bring back once what lost workers left",
  details: "Workers do this by themselves several times a second. A task is brought back only if " +
    "its worker is known to be gone, or its lease ran out: sweeping too often does no harm.",
  examples: ["rl phoenix sweep --dry-run", "rl phoenix sweep --queue mails"],
  args,
  async run({ args, out, relier }) {
    const queues = await queuesOf(relier, args.queue);
    const dry = args["dry-run"] === true;
    const raised = dry ? await wouldRaise(relier, queues) : await raise(relier, queues);
    for (const { id, cause } of raised) {
      out.record({ id, cause, dryRun: dry }, () => {
        out.line(
          `${out.style.magenta("◆")} ${id}  ${dry ? "would come back" : "is back"}: its attempt ` +
            describeEnding(cause),
        );
      });
    }
    if (raised.length === 0) out.note("nothing to bring back");
  },
});

export default sweep;

/** A task that is brought back, and what its worker came to. */
export interface Raised {
  readonly id: string;
  readonly cause: string;
}

/** A worker that is missed is given half a second to connect again; longer than this nothing is waited for. */
const patienceMs = 1500;

/** Sweeps each queue until nothing is left to do, and nobody is missing who was not given up. */
async function raise(relier: Relier, queues: readonly string[]): Promise<Raised[]> {
  const raised: Raised[] = [];
  for (const name of queues) {
    const queue = relier.queue(name);
    let quietSince = performance.now();
    while (performance.now() - quietSince < patienceMs) {
      const swept = await queue.sweep();
      raised.push(...swept.resurrected);
      if (swept.resurrected.length > 0) {
        quietSince = performance.now();
        continue;
      }
      if (!(await queue.workers()).some(({ missingMs }) => missingMs > 0)) break;
      await pause(100);
    }
  }
  return raised;
}

/** What the next sweep would find: leases that are over, and workers that cannot be seen. */
async function wouldRaise(relier: Relier, queues: readonly string[]): Promise<Raised[]> {
  const now = Date.now();
  const raised = new Map<string, string>();
  for (const name of queues) {
    const queue = relier.queue(name);
    const over = ({ at }: TaskSummary): boolean => at !== null && at.getTime() <= now;
    const wanted = { queues: [name], states: ["running"], limit: 4000, matches: over } as const;
    for (const { id } of (await scanTasks(relier, wanted)).tasks) raised.set(id, "lease");
    for (const worker of await queue.workers()) {
      if (!worker.seen || isAlive(worker, now)) continue;
      for (const { id } of await queue.heldBy(worker.id)) raised.set(id, "presence");
    }
  }
  return [...raised].map(([id, cause]) => ({ id, cause }));
}
