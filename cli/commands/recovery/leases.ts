/**
 * `rl recovery leases`: lists running tasks by the end of their lease.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { integer } from "../../framework/option_values.ts";
import { queuesOf } from "../queues/queue_names.ts";
import { scanTasks, shortId, workerNames } from "../../../core/console/mod.ts";
import { signOf } from "../tasks/state_label.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  limit: {
    type: "string",
    alias: "n",
    valueHint: "n",
    default: "50",
    description: "Most tasks, 1 to 1000",
  },
  cursor: { type: "string", valueHint: "text", description: "Cursor printed by an earlier list" },
} as const;

const leases: Command<typeof args> = command({
  summary: "List running tasks by the end of their lease",
  details:
    "Each heartbeat of a worker renews the leases of its tasks. An expired lease belongs to a " +
    "silent worker; the next sweep resurrects the task.",
  examples: ["rl recovery leases", "rl recovery leases --watch --queue mails"],
  args,
  watch: true,
  async run({ args, out, relier }) {
    const { tasks, next } = await scanTasks(relier, {
      queues: await queuesOf(relier, args.queue),
      states: ["running"],
      limit: integer("--limit", args.limit, { min: 1, max: 1000 }),
      cursor: args.cursor,
      matches: () => true,
    });
    const names = await workerNames(relier, tasks.map(({ queue }) => queue));
    const left = (at: Date | null): number => at ? at.getTime() - Date.now() : 0;
    out.table([...tasks].sort((a, b) => left(a.at) - left(b.at)), [
      {
        title: "LEASE",
        align: "right",
        of: ({ at }) =>
          left(at) > 0
            ? `${out.span(left(at))} left`
            : out.style.red(`expired ${out.span(-left(at))} ago`),
      },
      { title: "TASK", of: ({ id }) => out.wide ? id : shortId(id) },
      { title: "NAME", of: ({ name }) => name },
      { title: "STATE", of: (task) => signOf(task, out.style) },
      { title: "QUEUE", of: ({ queue }) => queue },
      { title: "WORKER", flex: true, of: ({ worker }) => names.get(worker ?? "") ?? worker ?? "" },
    ], "no running tasks");
    if (next !== null) out.note(`next: rl recovery leases --limit ${args.limit} --cursor ${next}`);
  },
});

export default leases;
