/**
 * The table of queues.
 *
 * @module
 */

import { brief, spanOf } from "../../../core/console/format.ts";
import { pauseQueue, resumeQueue } from "../actions/queue_actions.ts";
import { spark } from "../ui/chart.ts";
import { type Html, html, type Value } from "../ui/html.ts";
import type { QueueSnapshot } from "../live/snapshot.ts";
import type { RequestContext } from "../page.ts";
import { badge, button, type Column, number, table } from "../ui/components.ts";
import { firstTask } from "../ui/first_run.ts";

/** The queues as a table; with `acts` each row ends with buttons. */
export function queueTable(
  shown: readonly QueueSnapshot[],
  ask: RequestContext,
  acts = false,
): Html {
  const columns: Column<QueueSnapshot>[] = [
    {
      title: "queue",
      sort: ({ name }) => name,
      of: (row) =>
        html`<a href="queues/${encodeURIComponent(row.name)}"><b>${row.name}</b></a> ${flags(row)}`,
    },
    {
      title: "last minutes",
      wide: true,
      of: ({ history }) => spark(history.map(({ done }) => done), "done"),
    },
    {
      title: "done/s",
      number: true,
      sort: ({ pace }) => pace?.done ?? 0,
      of: ({ pace }) => pace ? brief(pace.done) : "—",
    },
    ...(["ready", "running"] as const).map((state) => stateColumn(state)),
    ...(["scheduled", "quarantined"] as const).map((state) => stateColumn(state, true)),
    stateColumn("dead"),
    {
      title: "oldest",
      number: true,
      sort: ({ stats }) => stats.counts.ready > 0 ? stats.oldestMs : 0,
      of: ({ stats }) => stats.counts.ready > 0 ? spanOf(stats.oldestMs) : "—",
    },
    {
      title: "workers",
      number: true,
      wide: true,
      sort: ({ stats }) => stats.workers.length,
      of: ({ stats }) => number(stats.workers.length),
    },
  ];
  if (acts && ask.may("operator")) columns.push({ title: "", of: (row) => buttons(ask, row) });
  return table(shown, columns, {
    keyOf: ({ name }) => name,
    label: "Queues",
    empty: firstTask("No queues yet. A queue appears with its first task."),
    ask,
  });
}

function stateColumn(
  state: keyof QueueSnapshot["stats"]["counts"],
  wide = false,
): Column<QueueSnapshot> {
  return {
    title: state,
    number: true,
    ...wide && { wide: true },
    sort: ({ stats }) => stats.counts[state],
    of: (row) => tasks(row, state),
  };
}

function tasks(
  { name, stats }: QueueSnapshot,
  state: keyof QueueSnapshot["stats"]["counts"],
): Html {
  const n = stats.counts[state];
  if (n === 0) return number(0);
  const tone = state === "dead" ? "bad" : state === "quarantined" ? "warn" : undefined;
  const query = `queue=${encodeURIComponent(name)}`;
  const href = state === "dead" ? `dlq?${query}` : `tasks?state=${state}&${query}`;
  return html`<a href="${href}">${number(n, tone)}</a>`;
}

function flags({ stats }: QueueSnapshot): Value {
  const { paused, overdueMs } = stats;
  return [
    paused.claims !== null && badge("paused", "warn"),
    paused.pushes !== null && badge("closed", "warn"),
    overdueMs > 3000 && badge("lease overdue", "bad"),
  ];
}

function buttons(ask: RequestContext, { name, stats }: QueueSnapshot): Html {
  const held = stats.paused.claims !== null || stats.paused.pushes !== null;
  return html`<div class="acts">${
    held
      ? button(ask, resumeQueue, { queue: name }, "Resume")
      : button(ask, pauseQueue, { queue: name, what: "claims" }, "Pause")
  }</div>`;
}
