/**
 * The table of leases, those that expire first.
 *
 * @module
 */

import type { TaskSummary } from "../../../mod.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import { plural, spanOf } from "../../../core/console/format.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { RequestContext } from "../page.ts";
import { type Column, number, section, table } from "../ui/components.ts";

/** The default lease; at this length a bar is full. */
const leaseMs = 10_000;

/** The table. */
export function leaseList(
  leases: readonly TaskSummary[],
  { workers, queues }: Snapshot,
  ask: RequestContext,
): Html {
  const names = new Map(workers.map((worker) => [worker.id, workerName(worker)]));
  const all = queues.reduce((n, { stats }) => n + stats.counts.running, 0);
  const left = ({ at }: TaskSummary): number => (at?.getTime() ?? 0) - ask.now;
  const columns: Column<TaskSummary>[] = [
    {
      title: "lease",
      of: (task) => {
        const ms = left(task);
        const text = ms > 0 ? `${spanOf(ms)} left` : `expired ${spanOf(-ms)} ago`;
        return html`
          <span
            class="slots lease${ms <= 0 && " over"}">${gauge(
              Math.max(0, ms),
              leaseMs,
              text,
            )}<span class="number${ms <= 0 && " tone-bad"}">${text}</span></span>
        `;
      },
    },
    {
      title: "task",
      of: ({ id, name }) =>
        html`<a href="tasks/${encodeURIComponent(id)}"><b>${name}</b> <span class="dim mono">${
          id.split("~").at(-1)!.slice(0, 8)
        }</span></a>`,
    },
    { title: "queue", wide: true, of: ({ queue }) => queue },
    { title: "worker", of: ({ worker }) => names.get(worker ?? "") ?? worker?.slice(0, 9) },
    {
      title: "running",
      number: true,
      of: ({ since }) => since ? spanOf(Math.max(0, ask.now - +since)) : "—",
    },
    {
      title: "resurrections",
      number: true,
      of: ({ resurrections }) => number(resurrections, "warn"),
    },
  ];
  return section(
    "Leases",
    table(leases, columns, {
      keyOf: ({ id }) => id,
      label: "Leases",
      empty: "No running tasks.",
    }),
    all > leases.length && `the ${leases.length} that expire first, of ${plural(all, "lease")}`,
  );
}
