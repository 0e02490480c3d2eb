/**
 * Queues as rows of a table.
 *
 * @module
 */

import { brief, count, type QueueReading } from "../../../core/console/mod.ts";
import type { Column, Output } from "../../framework/output.ts";

/** The columns of a list of `queues`; those that would be empty in all rows are left out. */
export function queueColumns(
  out: Output,
  queues: readonly QueueReading[],
): Column<QueueReading>[] {
  const { style } = out;
  const quarantine = queues.some(({ stats }) => stats.counts.quarantined > 0);
  const paced = queues.some(({ pace }) => pace !== null);
  const number = (n: number, paint = (text: string) => text): string =>
    n === 0 ? style.dim("0") : paint(count(n));
  return [
    { title: "QUEUE", flex: true, of: ({ name }) => name },
    { title: "READY", align: "right", of: ({ stats }) => number(stats.counts.ready) },
    { title: "RUNNING", align: "right", of: ({ stats }) => number(stats.counts.running) },
    { title: "SCHEDULED", align: "right", of: ({ stats }) => number(stats.counts.scheduled) },
    ...quarantine
      ? [
        {
          title: "QUARANTINED",
          align: "right",
          of: ({ stats }) => number(stats.counts.quarantined, style.yellow),
        } satisfies Column<QueueReading>,
      ]
      : [],
    { title: "DEAD", align: "right", of: ({ stats }) => number(stats.counts.dead, style.red) },
    {
      title: "DONE",
      align: "right",
      wide: true,
      of: ({ stats }) => number(stats.counts.completed),
    },
    {
      title: "OLDEST",
      align: "right",
      of: ({ stats }) => stats.counts.ready > 0 ? out.span(stats.oldestMs) : style.dim("—"),
    },
    ...paced
      ? [
        {
          title: "RATE",
          align: "right",
          of: ({ pace }) => pace ? `${brief(pace.done)}/s` : style.dim("—"),
        } satisfies Column<QueueReading>,
      ]
      : [],
    { title: "WORKERS", align: "right", of: ({ stats }) => number(stats.workers.length) },
    { title: "", of: (each) => style.yellow(flagsOf(each).join(" · ")) },
  ];
}

/** Flags of an unusual queue: `paused`, `closed`, a reached limit, an overdue lease. */
export function flagsOf({ stats }: QueueReading): string[] {
  const { paused, limits, counts, overdueMs } = stats;
  const flags: string[] = [];
  if (paused.claims !== null) flags.push("paused");
  if (paused.pushes !== null) flags.push("closed");
  if (typeof limits.concurrency === "number" && counts.running >= limits.concurrency) {
    flags.push(`at its limit of ${limits.concurrency}`);
  }
  if (overdueMs > 0) flags.push("lease overdue");
  return flags;
}
