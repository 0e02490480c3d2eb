/**
 * What lost workers leave, and how it comes back: leases, sweeps, suspects, and
 * the workers that were lost.
 *
 * @module
 */

import type { TaskSummary } from "../../../mod.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import { brief, count, plural, spanOf } from "../../../core/console/format.ts";
import { chart, gauge, type Line } from "../ui/chart.ts";
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
import { resurrectedList, resurrectedTasks } from "./recovered_tasks.ts";

/** Leases are read of so many queues, and so many of each: those that end first. */
const mostQueues = 10;
const mostLeases = 40;
/** What a lease is unless a worker says otherwise; the bar is full at it. */
const leaseMs = 10_000;

const back: readonly Line[] = [{ name: "brought back", color: "lost", of: ({ lost }) => lost }];

/** The page. */
export const phoenix: Page = {
  path: "/phoenix",
  nav: { label: "Phoenix", key: "p", icon: "phoenix" },
  async view(ask) {
    const look = await ask.snapshot();
    const leases = await leasesOf(look, ask);
    const raised = await resurrectedTasks(look, leases, ask);
    const parts = {
      figures: part("figures", figures(look)),
      chart: part("rate", chart("Tasks brought back", look.history, back, "/s")),
      deaths: part("deaths", deathList(look.lostWorkers, ask.now)),
      queues: part("sweeps", sweeps(look, ask)),
      raised: part("raised", resurrectedList(raised, ask.now)),
      leases: part("leases", leaseList(leases, look, ask)),
    };
    return {
      title: "Phoenix",
      body: html`
        <div class="headline">
          <h1>Phoenix</h1>
          <p class="dim">Every worker sweeps, and nobody leads.</p>
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
  const [suspects, buried] = [sum(({ stats }) => stats.quarantine.count), events("abandon")];
  const fenced = workers.reduce((n, { info }) => n + info.fenced, 0);
  const slowest = Math.max(0, ...lostWorkers.map(({ silentMs }) => silentMs));
  return html`
    <div
      class="figures">${figure(
        "brought back",
        brief(events("resurrect", "quarantine", "abandon")),
        { trend: beneath(`${brief(sum(({ stats }) => stats.phoenix.lastDay))} in 24 h`) },
      )}${figure("leases", brief(sum(({ stats }) => stats.counts.running)))}${figure(
        "last sweep",
        swept.length > 0 ? spanOf(Math.min(...swept)) : "never",
      )}${figure("overdue", overdue > 0 ? spanOf(overdue) : "—", {
        tone: overdue > 3000 ? "bad" : undefined,
      })}${figure("suspects", brief(suspects), {
        tone: suspects > 0 ? "warn" : undefined,
      })}${figure("poison", brief(buried), {
        tone: buried > 0 ? "bad" : undefined,
      })}${figure("fenced", brief(fenced), { href: "workers" })}${figure(
        "longest silence",
        lostWorkers.length > 0 ? spanOf(slowest) : "—",
      )}</div>
  `;
}

function deathList(deaths: readonly LostWorker[], now: number): Html {
  const columns: Column<LostWorker>[] = [
    {
      title: "worker",
      of: ({ name, host }) => html`<b>${name}</b> <span class="dim">${host}</span>`,
    },
    { title: "when", number: true, of: ({ at }) => moment(new Date(at), now) },
    { title: "silent for", number: true, of: ({ silentMs }) => spanOf(silentMs) },
    { title: "brought back", of: ({ causes }) => causeWords(causes) },
  ];
  return section(
    "Workers that were lost",
    table(deaths.slice(0, 8), columns, {
      keyOf: ({ worker }) => worker,
      label: "Workers that were lost",
      empty: "None, since somebody has been looking.",
    }),
    html`
      <span
        title="From its last beat, of which there is one every few seconds, to the look that missed it.">at most</span>
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
          ? html`<span class="text-bad">${spanOf(stats.overdueMs)}</span>`
          : html`<span class="dim">—</span>`,
    },
    {
      title: "grace",
      number: true,
      wide: true,
      of: ({ stats }) =>
        stats.phoenix.graceMs > 0 ? badge(spanOf(stats.phoenix.graceMs), "busy") : "—",
    },
    { title: "suspects", number: true, of: ({ stats }) => number(stats.quarantine.count, "warn") },
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
    { title: "brought back, by cause", of: ({ stats }) => causeWords(stats.causes) },
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
      empty: "There is no queue yet.",
    }),
  );
}

function leaseList(
  leases: readonly TaskSummary[],
  { workers, queues }: Snapshot,
  ask: RequestContext,
): Html {
  const names = new Map(workers.map((fellow) => [fellow.id, workerName(fellow)]));
  const all = queues.reduce((n, { stats }) => n + stats.counts.running, 0);
  const left = ({ at }: TaskSummary): number => (at?.getTime() ?? 0) - ask.now;
  const columns: Column<TaskSummary>[] = [
    {
      title: "lease",
      of: (task) => {
        const ms = left(task);
        const text = ms > 0 ? `${spanOf(ms)} left` : `over for ${spanOf(-ms)}`;
        return html`
          <span
            class="slots lease${ms <= 0 && " over"}">${gauge(
              Math.max(0, ms),
              leaseMs,
              text,
            )}<span class="number${ms <= 0 && " text-bad"}">${text}</span></span>
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
      title: "brought back",
      number: true,
      of: ({ resurrections }) => number(resurrections, "warn"),
    },
  ];
  return section(
    "Leases",
    table(leases, columns, {
      keyOf: ({ id }) => id,
      label: "Leases",
      empty: "Nothing runs.",
    }),
    all > leases.length && `the ${leases.length} that end first, of ${plural(all, "lease")}`,
  );
}
