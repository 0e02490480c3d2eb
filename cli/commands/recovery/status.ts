/**
 * `rl recovery`: shows the sweeps of each queue and the tasks that they resurrected.
 *
 * @module
 */

import { count, type QueueReading, readQueues } from "../../../core/console/mod.ts";
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
  summary: "Show the last sweeps and the resurrected tasks",
  details:
    "Every worker sweeps; there is no leader. GRACE is the extension of leases after Redis " +
    "was unreachable. 24H counts the tasks resurrected in the last 24 hours. RESURRECTED counts " +
    "them by cause since the queue was created: presence is a crashed process, lease a silent " +
    "worker, stalled a live worker whose lease of one task expired.",
  examples: ["rl recovery", "rl recovery status --watch --json"],
  args,
  watch: true,
  async run({ args, out, relier }) {
    const found = await readQueues(relier, await queuesOf(relier, args.queue));
    const rows = found.map(({ name, stats }) => ({
      name,
      ...stats.phoenix,
      overdueMs: stats.overdueMs,
      quarantine: stats.quarantine,
      extensions: stats.events["grace"] ?? 0,
      causes: stats.causes,
      buried: stats.events["abandon"] ?? 0,
      workers: stats.workers.length,
    }));
    out.table(rows, columns(out), "no queue yet");
  },
});

export default status;

type Row = QueueReading["stats"]["phoenix"] & {
  readonly name: string;
  readonly overdueMs: number;
  readonly quarantine: QueueReading["stats"]["quarantine"];
  readonly extensions: number;
  readonly causes: QueueReading["stats"]["causes"];
  readonly buried: number;
  readonly workers: number;
};

function columns(out: Output): Column<Row>[] {
  const { dim, red } = out.style;
  return [
    { title: "QUEUE", of: ({ name }) => name },
    {
      title: "SWEPT",
      align: "right",
      of: ({ sweptMs }) => sweptMs === null ? "never" : out.span(sweptMs),
    },
    { title: "WORKERS", align: "right", of: ({ workers }) => count(workers) },
    {
      title: "OVERDUE",
      align: "right",
      of: ({ overdueMs }) => overdueMs > 0 ? red(out.span(overdueMs)) : dim("—"),
    },
    {
      title: "GRACE",
      align: "right",
      from: 100,
      of: ({ graceMs, extensions }) =>
        `${graceMs > 0 ? out.span(graceMs) : dim("—")}${extensions > 0 ? ` (${extensions}×)` : ""}`,
    },
    {
      title: "QUARANTINED",
      align: "right",
      from: 100,
      of: ({ quarantine }) => count(quarantine.count),
    },
    { title: "24H", align: "right", of: ({ lastDay }) => count(lastDay) },
    { title: "BURIED", align: "right", of: ({ buried }) => count(buried) },
    {
      title: "RESURRECTED",
      flex: true,
      of: ({ causes }) =>
        Object.entries(causes).map(([cause, n]) => `${cause} ${count(n)}`).join(" · ") ||
        dim("none"),
    },
  ];
}
