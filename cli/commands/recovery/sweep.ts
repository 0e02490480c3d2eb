/**
 * `rl recovery sweep`: resurrects the tasks of lost workers once.
 *
 * @module
 */

import { setTimeout as pause } from "node:timers/promises";
import { describeEnding, isAlive, scanTasks } from "../../../core/console/mod.ts";
import type { Relier, TaskSummary } from "../../../mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { queuesOf } from "../queues/queue_names.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  "dry-run": { type: "boolean", description: "Only show the tasks that would be resurrected" },
} as const;

const sweep: Command<typeof args> = command({
  summary: "Resurrect the tasks of lost workers once",
  details:
    "Workers sweep by themselves several times a second. A sweep resurrects a task only if " +
    "its worker is gone or its lease has expired, so frequent sweeps do no harm.",
  examples: ["rl recovery sweep --dry-run", "rl recovery sweep --queue mails"],
  args,
  async run({ args, out, relier }) {
    const queues = await queuesOf(relier, args.queue);
    const dry = args["dry-run"] === true;
    const found = dry ? await findLost(relier, queues) : await sweepAll(relier, queues);
    for (const { id, cause } of found) {
      out.record({ id, cause, dryRun: dry }, () => {
        out.line(
          `${out.style.magenta("◆")} ${id}  ${
            dry ? "would be resurrected" : "resurrected"
          }: its attempt ` +
            describeEnding(cause),
        );
      });
    }
    if (found.length === 0) out.note("no task to resurrect");
  },
});

export default sweep;

/** A resurrected task, and the fate of its worker. */
export interface Resurrected {
  readonly id: string;
  readonly cause: string;
}

/** Longest wait without a result. A disconnected worker has half a second to connect again. */
const patienceMs = 1500;

/** Sweeps each queue until no task is left to resurrect and no worker is missing. */
async function sweepAll(relier: Relier, queues: readonly string[]): Promise<Resurrected[]> {
  const found: Resurrected[] = [];
  for (const name of queues) {
    const queue = relier.queue(name);
    let quietSince = performance.now();
    while (performance.now() - quietSince < patienceMs) {
      const swept = await queue.sweep();
      found.push(...swept.resurrected);
      if (swept.resurrected.length > 0) {
        quietSince = performance.now();
        continue;
      }
      if (!(await queue.workers()).some(({ missingMs }) => missingMs > 0)) break;
      await pause(100);
    }
  }
  return found;
}

/** Finds the tasks of the next sweep: expired leases and disconnected workers. */
async function findLost(relier: Relier, queues: readonly string[]): Promise<Resurrected[]> {
  const now = Date.now();
  const found = new Map<string, string>();
  for (const name of queues) {
    const queue = relier.queue(name);
    const over = ({ at }: TaskSummary): boolean => at !== null && at.getTime() <= now;
    const wanted = { queues: [name], states: ["running"], limit: 4000, matches: over } as const;
    for (const { id } of (await scanTasks(relier, wanted)).tasks) found.set(id, "lease");
    for (const worker of await queue.workers()) {
      if (!worker.seen || isAlive(worker, now)) continue;
      for (const { id } of await queue.heldBy(worker.id)) found.set(id, "presence");
    }
  }
  return [...found].map(([id, cause]) => ({ id, cause }));
}
