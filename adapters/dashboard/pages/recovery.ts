/**
 * The page of recovery: leases, sweeps, quarantined tasks and lost workers.
 *
 * @module
 */

import type { TaskSummary } from "../../../mod.ts";
import { brief, count, spanOf } from "../../../core/console/format.ts";
import { timeChart } from "../ui/time_chart.ts";
import type { History } from "../../../core/console/history.ts";
import type { LostWorker } from "../live/lost_workers.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import type { QueueSnapshot, Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext } from "../page.ts";
import {
  badge,
  beneath,
  button,
  type Column,
  figure,
  moment,
  number,
  section,
  table,
} from "../ui/components.ts";
import { sweepQueue } from "../actions/queue_actions.ts";
import { leaseList } from "./lease_list.ts";
import { resurrectedList, resurrectedTasks } from "./recovered_tasks.ts";

/** The most queues whose leases are read, and the most leases: those that expire first. */
const mostQueues = 10;
const mostLeases = 40;

/** The page. */
export const phoenix: Page = {
  path: "/phoenix",
  nav: { label: "Recovery", key: "p", icon: "phoenix" },
  async view(ask) {
    const look = await ask.snapshot();
    const leases = await leasesOf(look, ask);
    const tasks = await resurrectedTasks(look, leases, ask);
    const parts = {
      figures: part("figures", figures(look)),
      chart: part("rate", resurrections(await ask.history({ range: "24h" }))),
      deaths: part("deaths", lostWorkerList(look.lostWorkers, ask.now)),
      queues: part("sweeps", sweeps(look, ask)),
      raised: part("raised", resurrectedList(tasks, ask.now)),
      leases: part("leases", leaseList(leases, look, ask)),
    };
    return {
      title: "Recovery",
      body: html`
        <div class="headline">
          <h1>Recovery</h1>
          <p class="dim">Every worker sweeps; there is no leader.</p>
        </div>
                ${parts.figures.html}<div class="pair">${parts.chart.html}${parts.deaths.html}</div>
                ${parts.raised.html}${parts.queues.html}${parts.leases.html}
      `,
      live: Object.values(parts),
    };
  },
};

async function leasesOf({ queues }: Snapshot, { rl }: RequestContext): Promise<TaskSummary[]> {
  const running = queues.filter(({ stats }) => stats.counts.running > 0)
    .sort((a, b) => b.stats.counts.running - a.stats.counts.running).slice(0, mostQueues);
  const pages = await Promise.all(
    running.map(({ name }) => rl.queue(name).page("running", { limit: mostLeases })),
  );
  return pages.flatMap(({ tasks }) => tasks)
    .sort((a, b) => (a.at?.getTime() ?? 0) - (b.at?.getTime() ?? 0)).slice(0, mostLeases);
}

function figures({ queues, lostWorkers, workers }: Snapshot): Html {
  const sum = (of: (queue: QueueSnapshot) => number): number =>
    queues.reduce((n, q) => n + of(q), 0);
  const events = (...names: string[]): number =>
    sum(({ stats }) => names.reduce((n, name) => n + (stats.events[name] ?? 0), 0));
  const swept = queues.flatMap(({ stats }) => stats.phoenix.sweptMs ?? []);
  const overdue = Math.max(0, ...queues.map(({ stats }) => stats.overdueMs));
  const [quarantined, buried] = [sum(({ stats }) => stats.quarantine.count), events("abandon")];
  const fenced = workers.reduce((n, { info }) => n + info.fenced, 0);
  const slowest = Math.max(0, ...lostWorkers.map(({ silentMs }) => silentMs));
  return html`
    <div
      class="figures">${figure(
        "resurrected",
        brief(events("resurrect", "quarantine", "abandon")),
        { trend: beneath(`${brief(sum(({ stats }) => stats.phoenix.lastDay))} in 24 h`) },
      )}${figure("leases", brief(sum(({ stats }) => stats.counts.running)))}${figure(
        "last sweep",
        swept.length > 0 ? spanOf(Math.min(...swept)) : "never",
      )}${figure("overdue", overdue > 0 ? spanOf(overdue) : "—", {
        tone: overdue > 3000 ? "bad" : undefined,
      })}${figure("quarantined", brief(quarantined), {
        tone: quarantined > 0 ? "warn" : undefined,
      })}${figure("buried", brief(buried), {
        tone: buried > 0 ? "bad" : undefined,
      })}${figure("fenced", brief(fenced), { href: "workers" })}${figure(
        "longest silence",
        lostWorkers.length > 0 ? spanOf(slowest) : "—",
      )}</div>
  `;
}

/** The resurrections of a day. */
function resurrections({ points, stepMs }: History): Html {
  const times = points.map(({ at }) => at);
  const to = (times.at(-1) ?? 0) + stepMs;
  return timeChart({
    title: "Resurrections, 24 h",
    times,
    from: times[0] ?? 0,
    to,
    lines: [{
      name: "resurrected",
      color: "lost",
      values: points.map((point) => "gap" in point ? null : point.resurrected),
    }],
    text: (value) => count(Math.round(value)),
  });
}

function lostWorkerList(deaths: readonly LostWorker[], now: number): Html {
  const columns: Column<LostWorker>[] = [
    {
      title: "worker",
      of: ({ name, host }) => html`<b>${name}</b> <span class="dim">${host}</span>`,
    },
    { title: "when", number: true, of: ({ at }) => moment(new Date(at), now) },
    { title: "silent for", number: true, of: ({ silentMs }) => spanOf(silentMs) },
    { title: "resurrected", of: ({ causes }) => causeWords(causes) },
  ];
  return section(
    "Lost workers",
    table(deaths.slice(0, 8), columns, {
      keyOf: ({ worker }) => worker,
      label: "Lost workers",
      empty: "None since the dashboard has been watching.",
    }),
    html`
      <span
        title="From the last heartbeat (one every few seconds) to the snapshot without the worker.">upper bound</span>
    `,
  );
}

function causeWords(causes: Readonly<Record<string, number>>): Value {
  const words = Object.entries(causes).map(([cause, n]) => `${cause} ${count(n)}`);
  return words.length > 0 ? words.join(" · ") : html`<span class="dim">nothing</span>`;
}

function sweeps({ queues }: Snapshot, ask: RequestContext): Html {
  const columns: Column<QueueSnapshot>[] = [
    {
      title: "queue",
      of: ({ name }) => html`<a href="queues/${encodeURIComponent(name)}"><b>${name}</b></a>`,
    },
    {
      title: "swept",
      number: true,
      of: ({ stats: { phoenix } }) =>
        phoenix.sweptMs === null ? "never" : `${spanOf(phoenix.sweptMs)} ago`,
    },
    {
      title: "overdue",
      number: true,
      of: ({ stats }) =>
        stats.overdueMs > 0
          ? html`<span class="tone-bad">${spanOf(stats.overdueMs)}</span>`
          : html`<span class="dim">—</span>`,
    },
    {
      title: "grace",
      number: true,
      wide: true,
      of: ({ stats }) =>
        stats.phoenix.graceMs > 0 ? badge(spanOf(stats.phoenix.graceMs), "busy") : "—",
    },
    {
      title: "quarantined",
      number: true,
      of: ({ stats }) => number(stats.quarantine.count, "warn"),
    },
    {
      title: "lane",
      wide: true,
      of: ({ stats: { phoenix } }) =>
        phoenix.lane === null ? "—" : html`<span class="mono">${phoenix.lane.slice(0, 9)}</span>`,
    },
    {
      title: "buried",
      number: true,
      wide: true,
      of: ({ stats }) => number(stats.events["abandon"] ?? 0, "bad"),
    },
    { title: "resurrected, by cause", of: ({ stats }) => causeWords(stats.causes) },
  ];
  if (ask.may("operator")) {
    columns.push({
      title: "",
      of: ({ name }) =>
        html`<div class="acts">${button(ask, sweepQueue, { queue: name }, "Sweep now")}</div>`,
    });
  }
  return section(
    "Sweeps",
    table(queues, columns, {
      keyOf: ({ name }) => name,
      label: "Sweeps",
      empty: "There are no queues yet.",
    }),
  );
}
