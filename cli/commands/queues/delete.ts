/**
 * `rl queues delete`: deletes a queue.
 *
 * @module
 */

import { count } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { existingQueue } from "./queue_names.ts";

const args = {
  queue: { type: "positional", description: "Name of the queue" },
  force: { type: "boolean", description: "Delete unfinished and dead tasks, too" },
} as const;

const deleteQueue: Command<typeof args> = command({
  summary: "Delete a queue with its limits and counters",
  details: "Refuses while a worker serves the queue, or while it holds unfinished or dead tasks. " +
    "--force deletes these tasks, after a confirmation: none of them runs or can be released. " +
    "Results and idempotency keys of finished tasks are deleted in any case. A later push starts " +
    "the queue again.",
  examples: ["rl queues delete mails-2024", "rl queues delete mails-2024 --force"],
  args,
  acts: true,
  bulk: true,
  async run({ args: { queue: given, force }, confirm, out, relier }) {
    const name = await existingQueue(relier, given);
    const { counts } = await relier.queue(name).stats();
    const { completed, cancelled, ...kept } = counts;
    const held = Object.values(kept).reduce((sum, n) => sum + n, 0);
    const tasks = held + completed + cancelled;
    await confirm({
      verb: "delete",
      count: 1,
      object: `queue "${name}"`,
      queue: name,
      samples: Object.entries(kept).filter(([, n]) => n > 0)
        .map(([state, n]) => `${count(n)} ${state}`),
      slight: !force || held === 0,
    });
    await relier.deleteQueue(name, { force: force === true });
    out.record({ name, deleted: true, tasks }, () => out.line(`queue "${name}" is deleted`));
  },
});

export default deleteQueue;
