/**
 * `rl admission`: shows which queues accept tasks and which refuse them.
 *
 * @module
 */

import {
  type AdmissionReport,
  admissionReport,
  count,
  describeLimits,
  readQueues,
} from "../../../core/console/mod.ts";
import type { QueueStats } from "../../../mod.ts";
import { type Command, command } from "../../framework/command.ts";
import type { Column, Output } from "../../framework/output.ts";
import { queuesOf } from "../queues/queue_names.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
} as const;

const status: Command<typeof args> = command({
  summary: "Show which queues accept tasks, and which refuse them",
  details: "Limits that producers set for themselves are not listed. Pushes that they refuse " +
    "are counted.",
  examples: ["rl admission", "rl admission --queue mails --watch"],
  args,
  watch: true,
  async run({ args: { queue }, out, relier }) {
    const rows = (await readQueues(relier, await queuesOf(relier, queue)))
      .map(({ name, stats }): Row => ({
        name,
        waiting: stats.counts.ready + stats.counts.scheduled,
        limits: stats.limits,
        ...admissionReport(stats),
      }));
    out.table(rows, columns(out), "no queue has been used yet");
  },
});

export default status;

interface Row extends AdmissionReport {
  readonly name: string;
  readonly waiting: number;
  readonly limits: QueueStats["limits"];
}

function columns({ style }: Output): Column<Row>[] {
  const paint = { open: style.green, shedding: style.yellow, closed: style.red };
  return [
    { title: "QUEUE", of: ({ name }) => name },
    { title: "STATE", of: ({ state }) => paint[state](state) },
    { title: "WAITING", align: "right", of: ({ waiting }) => count(waiting) },
    {
      title: "REFUSED",
      of: ({ refused }) => {
        const parts = Object.entries(refused).map(([reason, n]) => `${reason} ${count(n)}`);
        return parts.join(" · ") || style.dim("0");
      },
    },
    {
      title: "LIMITS",
      flex: true,
      of: ({ limits }) => describeLimits(limits).join(" · ") || style.dim("none"),
    },
  ];
}
