/**
 * `rl phoenix`: whether what workers leave behind is brought back, and how
 * often that was needed.
 *
 * @module
 */

import { count, type QueueReading, readQueues } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import type { Column, Output } from "../../framework/output.ts";
import { queuesOf } from "../queues/queue_names.ts";

const args = {
  queue: { type: "string", valueHint: "name,…", description: "Only of these queues", many: true },
} as const;

const status: Command<typeof args> = command({
  summary: "Show when queues were last swept, and what was brought back",
  details:
    "Every worker sweeps and nobody leads. GRACE is the one extension that leases get when " +
    "Redis itself was away. 24H counts what was brought back in the last 24 hours, BROUGHT " +
    "BACK by cause since the queue began: presence is a " +
    "process that died, lease one that fell silent, stalled one that forgot a task.",
  examples: ["rl phoenix", "rl phoenix status --watch --json"],
  args,
  watch: true,
  async run({ args, out, relier }) {
    const found = await readQueues(relier, await queuesOf(relier, args.queue));
    const rows = found.map(({ name, stats }) => ({
      name,
      ...stats.phoenix,
      overdueMs: stats.overdueMs,
      suspects: stats.quarantine,
      extensions: stats.events["grace"] ?? 0,
      causes: stats.causes,
      buried: stats.events["abandon"] ?? 0,
      workers: stats.workers.length,
    }));
    out.table(rows, columns(out), "there is no queue yet");
  },
});

export default status;

type Row = QueueReading["stats"]["phoenix"] & {
  readonly name: string;
  readonly overdueMs: number;
  readonly suspects: QueueReading["stats"]["quarantine"];
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
      of: ({ graceMs, extensions }) =>
        `${graceMs > 0 ? out.span(graceMs) : dim("—")}${extensions > 0 ? ` (${extensions}×)` : ""}`,
    },
    { title: "SUSPECTS", align: "right", of: ({ suspects }) => count(suspects.count) },
    { title: "24H", align: "right", of: ({ lastDay }) => count(lastDay) },
    { title: "BURIED", align: "right", of: ({ buried }) => count(buried) },
    {
      title: "BROUGHT BACK",
      flex: true,
      of: ({ causes }) =>
        Object.entries(causes).map(([cause, n]) => `${cause} ${count(n)}`).join(" · ") ||
        dim("none"),
    },
  ];
}
