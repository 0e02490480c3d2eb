/**
 * The first page: the state of the system, and what needs attention.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import { busySlots, slotsOf, workerName } from "../../../core/console/worker_list.ts";
import { p95Of } from "../../../core/console/percentiles.ts";
import { brief, count, plural } from "../../../core/console/format.ts";
import { gauge, spark } from "../ui/chart.ts";
import { type Html, html, part } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import type { RateSample } from "../../../core/console/snapshot_poller.ts";
import type { Alert } from "../live/alerts.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext } from "../page.ts";
import { beneath, figure, lasting, section } from "../ui/components.ts";
import { queueTable } from "./queue_table.ts";
import { historyCharts } from "./history_charts.ts";
import { waits } from "./queues.ts";

/** The queues listed here; the page of queues has all. */
const mostQueues = 25;
const mostWorkers = 24;

/** The page. */
export const overview: Page = {
  path: "/",
  nav: { label: "Overview", key: "o", icon: "overview" },
  async view(ask) {
    const look = await ask.snapshot();
    // A system without queues has nothing to chart: it begins with how to push a task.
    const isNew = look.queues.length === 0;
    const parts = {
      figures: part("figures", figures(look)),
      alerts: part("alerts", alertList(look.alerts)),
      charts: await historyCharts(ask, {}, look.history),
      queues: part("queue-list", queueList(look, ask)),
      workers: part("worker-list", workerStrip(look)),
    };
    return {
      title: "Overview",
      body: html`<h1 class="sr">Overview</h1>${parts.figures.html}${
        alertSlot(look.alerts, parts.alerts.html)
      }
        ${isNew ? parts.queues.html : parts.charts.html}${parts.workers.html}${
        !isNew && parts.queues.html
      }`,
      live: Object.values(parts),
    };
  },
};

function figures({ queues, workers, history }: Snapshot): Html {
  const total = (state: TaskState): number =>
    queues.reduce((sum, { stats }) => sum + stats.counts[state], 0);
  const lately = (of: (sample: RateSample) => number): number => {
    const last = history.slice(-5);
    return last.reduce((sum, sample) => sum + of(sample), 0) / Math.max(1, last.length);
  };
  const oldest = Math.max(0, ...queues.map(({ stats }) => stats.oldestMs));
  const [dead, quarantined] = [total("dead"), total("quarantined")];
  const back = queues.reduce((sum, { stats }) => sum + stats.phoenix.lastDay, 0);
  return html`
    <div
      class="figures">${figure("ready", brief(total("ready")), {
        href: "tasks?state=ready",
        trend: spark(history.map(({ waiting }) => waiting), "waiting"),
      })}${figure("running", brief(total("running")), {
        href: "tasks?state=running",
        trend: spark(history.map(({ running }) => running), "running"),
      })}${figure("scheduled", brief(total("scheduled")), {
        href: "tasks?state=scheduled",
      })}${figure("done", `${brief(lately(({ done }) => done))}/s`, {
        trend: spark(history.map(({ done }) => done), "done"),
      })}${figure("failed", `${brief(lately(({ failed }) => failed))}/s`, {
        trend: spark(history.map(({ failed }) => failed), "failed"),
      })}${figure("p95 run time", lasting(p95Of(workers, "run")))}${waits(workers, oldest)}${figure(
        "dead",
        brief(dead),
        { tone: dead > 0 ? "bad" : undefined, href: "dlq" },
      )}${figure("resurrected, 24 h", brief(back), {
        tone: quarantined > 0 ? "warn" : undefined,
        href: "phoenix",
        trend: beneath(`${count(quarantined)} quarantined`),
      })}</div>
  `;
}

/** The height of the slot is that of the first look, so that no alert moves the page below. */
function alertSlot(alerts: readonly Alert[], list: Html): Html {
  const lines = Math.min(4, Math.max(1, alerts.length));
  return html`<section class="slot lines-${lines}" aria-label="Alerts">${list}</section>`;
}

function alertList(alerts: readonly Alert[]): Html {
  if (alerts.length === 0) {
    return html`<p class="fine">${icon("fine")} All systems normal</p>`;
  }
  return html`<ul class="alerts">${
    alerts.map(({ text, command, href, isOver }) =>
      html`<li${
        isOver && html`
          class="over"
        `
      }>${icon("warning")}<a href="${href}">${text}</a>${
        isOver ? html`<span class="dim">over</span>` : command !== undefined &&
          html`<code class="copy" data-copy="${command}">${command}</code>`
      }</li>`
    )
  }</ul>`;
}

function workerStrip({ workers }: Snapshot): Html {
  const { slots, busy } = slotsOf(workers);
  const body = workers.length === 0
    ? html`<p class="empty">No workers yet: start one with
      <code data-copy="rl worker start">rl worker start</code></p>`
    : html`<ul class="strip">${
      workers.slice(0, mostWorkers).map((worker) => {
        const { id, state, info: { concurrency } } = worker;
        const used = busySlots(worker);
        return html`<li class="${state}"><a href="workers#${id}"><b>${workerName(worker)}</b>
        <span>${state}</span>${gauge(used, concurrency, `${used} of ${concurrency} slots`)}<span
          class="number">${used}/${concurrency}</span></a></li>`;
      })
    }</ul>`;
  const left = workers.length - mostWorkers;
  return section(
    "Workers",
    body,
    html`${
      left > 0 && html`
        <a href="workers">${count(left)} more</a> ·
      `
    }${count(busy)} of ${plural(slots, "slot")} busy`,
  );
}

/** The fullest queues by name: their order is stable while their numbers change. */
function queueList({ queues }: Snapshot, ask: RequestContext): Html {
  const fullest = queues.length <= mostQueues
    ? queues
    : [...queues].sort((a, b) => weight(b) - weight(a)).slice(0, mostQueues)
      .sort((a, b) => a.name < b.name ? -1 : 1);
  return section(
    "Queues",
    queueTable(fullest, ask),
    queues.length > mostQueues && html`<a href="queues">all ${count(queues.length)}</a>`,
  );
}

function weight({ stats: { counts } }: Snapshot["queues"][number]): number {
  return counts.ready + counts.running * 10 + counts.dead;
}
