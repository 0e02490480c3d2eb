/**
 * The first page: the state of the system, and what needs attention.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import { p95Of } from "../../../core/console/percentiles.ts";
import type { Problem } from "../../../core/console/queue_checks.ts";
import { brief, count, plural } from "../../../core/console/format.ts";
import { backlog, chart, gauge, spark, throughput } from "../ui/chart.ts";
import { type Html, html, part } from "../ui/html.ts";
import { icon } from "../ui/icons.ts";
import type { RateSample } from "../../../core/console/snapshot_poller.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Page } from "../page.ts";
import { beneath, figure, lasting, section } from "../ui/components.ts";
import { queueTable, waits } from "./queues.ts";

/** The queues listed here; the page of queues has all. */
const mostQueues = 12;
const mostWorkers = 24;

/** The page. */
export const overview: Page = {
  path: "/",
  nav: { label: "Overview", key: "o", icon: "overview" },
  async view(ask) {
    const look = await ask.snapshot();
    const parts = {
      figures: part("figures", figures(look)),
      ills: part("ills", needsAttention(look.problems)),
      rates: part("rates", chart("Tasks per second", look.history, throughput, "/s")),
      depth: part("depth", chart("Backlog", look.history, backlog)),
      queues: part("queue-list", queueList(look)),
      workers: part("worker-list", workerStrip(look)),
    };
    return {
      title: "Overview",
      body: html`<h1 class="sr">Overview</h1>${parts.figures.html}${parts.ills.html}
        <div class="pair">${parts.rates.html}${parts.depth.html}</div>
        ${parts.workers.html}${parts.queues.html}`,
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

function needsAttention(ills: readonly Problem[]): Html {
  if (ills.length === 0) {
    return html`<p class="attention fine">${icon("fine")} Nothing needs attention.</p>`;
  }
  return html`
    <section class="attention" aria-label="Needs attention">
      <ul>${ills.slice(0, 8).map(({ text }) =>
        html`<li>${icon("warning")}<span>${spoken(text)}</span></li>`
      )}${ills.length > 8 && html`<li>and ${plural(ills.length - 8, "more")}</li>`}</ul>
    </section>
  `;
}

/** A problem whose text ends with a command. */
function spoken(text: string): Html {
  const [, said, command] = /^(.*?): (rl .*|CONFIG .*)$/.exec(text) ?? [];
  return command === undefined
    ? html`${text}`
    : html`${said}. <code class="copy" data-copy="${command}">${command}</code>`;
}

function workerStrip({ workers }: Snapshot): Html {
  const alive = workers.filter(({ state }) => state !== "lost");
  const slots = alive.reduce((sum, { info }) => sum + info.concurrency, 0);
  const busy = alive.reduce((sum, { running }) => sum + running, 0);
  const body = workers.length === 0
    ? html`<p class="empty">No workers: start one with <code>rl worker start</code></p>`
    : html`<ul class="strip">${
      workers.slice(0, mostWorkers).map((worker) =>
        html`<li class="${worker.state}"><a href="workers#${worker.id}"><b>${workerName(worker)}</b>
        <span>${worker.state}</span>${
          gauge(
            worker.running,
            worker.info.concurrency,
            `${worker.running} of ${worker.info.concurrency} slots`,
          )
        }<span class="number">${worker.running}/${worker.info.concurrency}</span></a></li>`
      )
    }</ul>`;
  return section("Workers", body, html`${count(busy)} of ${plural(slots, "slot")} busy`);
}

function queueList({ queues }: Snapshot): Html {
  const fullest = [...queues].sort((a, b) => weight(b) - weight(a)).slice(0, mostQueues);
  return section(
    "Queues",
    queueTable(fullest),
    queues.length > mostQueues && html`<a href="queues">all ${count(queues.length)}</a>`,
  );
}

function weight({ stats: { counts } }: Snapshot["queues"][number]): number {
  return counts.ready + counts.running * 10 + counts.dead;
}
