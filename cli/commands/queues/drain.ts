/**
 * `rl queues drain`: refuses pushes, and waits until the queue is empty.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { count, isAlive, plural } from "../../../core/console/mod.ts";
import type { QueueStats } from "../../../mod.ts";
import { bar } from "../../terminal/charts.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { existingQueue } from "./queue_names.ts";

const args = {
  queue: { type: "positional", description: "Name of the queue" },
  reason: {
    type: "string",
    valueHint: "text",
    default: "drained by rl",
    description: "Reason that producers and operators see",
  },
} as const;

const everyMs = 500;

const drain: Command<typeof args> = command({
  summary: "Close a queue to pushes, and wait until it is empty",
  details: "The queue stays closed, also after --timeout (exit 6) or Ctrl-C. Open it with " +
    '"rl queues resume". Dead tasks stay dead.',
  examples: ["rl queues drain mails --timeout 10m"],
  args,
  acts: true,
  async run(context) {
    const { args: { queue: given, reason }, out, relier, signal } = context;
    const name = await existingQueue(relier, given);
    const queue = relier.queue(name);
    await queue.pause("pushes", reason);
    out.note(
      `queue "${name}" refuses pushes now; open it again with "rl queues resume ${name}"`,
    );
    let most = 0;
    for (let last = -1;; await sleep(everyMs, undefined, { signal })) {
      const stats = await queue.stats();
      const left = leftIn(stats);
      most = Math.max(most, left);
      if (left === 0) break;
      if (left !== last) {
        const workers = await queue.workers();
        const alive = workers.some((worker) => isAlive(worker, Date.now()));
        show(context, name, stats, alive, left, most);
      }
      last = left;
    }
    out.record({ name, drained: true }, () => out.line(`queue "${name}" is empty, and closed`));
  },
});

export default drain;

/** Number of unfinished tasks. */
function leftIn({ counts }: QueueStats): number {
  return counts.ready + counts.scheduled + counts.running + counts.quarantined;
}

function show(
  { out }: Context<typeof args>,
  name: string,
  { counts, paused }: QueueStats,
  alive: boolean,
  left: number,
  most: number,
): void {
  if (out.json) return out.record({ name, left, counts }, () => {});
  const parts = (["ready", "scheduled", "running", "quarantined"] as const)
    .filter((state) => counts[state] > 0)
    .map((state) => `${state} ${count(counts[state])}`);
  const stuck = !alive
    ? "   no live worker"
    : paused.claims !== null
    ? "   workers are paused"
    : "";
  out.note(
    `${bar(100 - left / most * 100, 20)} ${plural(left, "task")} left (${
      parts.join(" · ")
    })${stuck}`,
  );
}
