/**
 * The pages of queues: depth, rates and limits.
 *
 * @module
 */

import { slotsOf, type WorkerStatus } from "../../../core/console/worker_list.ts";
import { p95Of } from "../../../core/console/percentiles.ts";
import { brief, count, plural, spanOf } from "../../../core/console/format.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html, part } from "../ui/html.ts";
import { limitWords } from "./admission.ts";
import { limitForm } from "./queue_limits.ts";
import type { QueueSnapshot, Snapshot } from "../live/snapshot.ts";
import { type Page, PageNotFound, type RequestContext } from "../page.ts";
import { beneath, button, figure, lasting, section } from "../ui/components.ts";
import { historyCharts } from "./history_charts.ts";
import { queueTable } from "./queue_table.ts";
import { deleteQueue, pauseQueue, resumeQueue } from "../actions/queue_actions.ts";

/** The page of all queues. */
export const queues: Page = {
  path: "/queues",
  nav: { label: "Queues", key: "q", icon: "queues" },
  async view(ask) {
    const look = await ask.snapshot();
    const wanted = (ask.query.get("search") ?? "").slice(0, 64).toLowerCase();
    const shown = look.queues.filter(({ name }) => name.toLowerCase().includes(wanted));
    const list = part(
      "queues",
      shown.length === 0 && wanted !== ""
        ? html`
          <p
            class="empty">No queue has "${wanted}" in its name. <a href="queues">Show all ${count(
              look.queues.length,
            )}</a></p>
        `
        : queueTable(shown, ask, true),
    );
    return {
      title: "Queues",
      body: html`
        <div class="headline">
          <h1>Queues</h1>
          <form role="search" action="queues">
                <label class="sr" for="search">Search queues</label><input id="search" name="search" type="search"
                placeholder="queue name" value="${wanted}"></form>
        </div>${list.html}
      `,
      live: [list],
    };
  },
};

/** The page of one queue. */
export const queue: Page = {
  path: "/queues/:queue",
  async view(ask) {
    const look = await ask.snapshot();
    const found = look.queues.find(({ name }) => name === ask.params["queue"]);
    if (!found) throw new PageNotFound("This queue does not exist");
    const parts = [
      part("queue", summary(found, look, ask)),
      await historyCharts(ask, { queue: found.name }, found.history),
      part("limit-list", limits(found)),
    ] as const;
    const [head, charts, limited] = parts;
    return {
      title: `Queue ${found.name}`,
      body: html`<p class="crumbs"><a href="queues">Queues</a> /</p><h1>${found.name}</h1>
        ${head.html}${charts.html}${limited.html}${limitForm(ask, found.name, found.stats.limits)}`,
      live: parts,
    };
  },
};

function summary(row: QueueSnapshot, look: Snapshot, ask: RequestContext): Html {
  const { name, stats, pace } = row;
  const { counts, paused } = stats;
  const fleet = look.workers.filter((each) => each.state !== "lost" && each.queues.includes(name));
  const { slots } = slotsOf(fleet);
  const busy = Math.min(counts.running, slots);
  const of = `tasks?queue=${encodeURIComponent(name)}&state=`;
  return html`
    <div
      class="figures">${figure("ready", count(counts.ready), { href: `${of}ready` })}${figure(
        "running",
        count(counts.running),
        { href: `${of}running` },
      )}${figure("scheduled", count(counts.scheduled), { href: `${of}scheduled` })}${figure(
        "quarantined",
        count(counts.quarantined),
        {
          tone: counts.quarantined > 0 ? "warn" : undefined,
          href: `${of}quarantined`,
        },
      )}${figure("dead", count(counts.dead), {
        tone: counts.dead > 0 ? "bad" : undefined,
        href: `dlq?queue=${encodeURIComponent(name)}`,
      })}${figure("done", pace ? `${brief(pace.done)}/s` : "—")}${figure(
        "p95 run time",
        lasting(p95Of(fleet, "run", name)),
      )}${waits(fleet, stats.oldestMs, name)}${figure("workers", count(fleet.length), {
        trend: gauge(busy, slots, `${count(busy)} of ${plural(slots, "slot")} busy`),
      })}</div>${[["Paused", paused.claims], ["Closed", paused.pushes]].map(([word, why]) =>
        why !== null && html`<p class="note warn"><b>${word}</b>: ${why}</p>`
      )}${ask.may("operator") && html`<div class="acts">${
        paused.claims === null &&
        button(ask, pauseQueue, { queue: name, what: "claims" }, "Pause workers")
      }${
        paused.pushes === null &&
        button(ask, pauseQueue, { queue: name, what: "pushes" }, "Refuse pushes")
      }${
        (paused.claims !== null || paused.pushes !== null) &&
        button(ask, resumeQueue, { queue: name }, "Resume")
      }${
        isDeletable(row) &&
        button(ask, deleteQueue, { queue: name, back: "queues" }, "Delete", "danger")
      }</div>`}
  `;
}

/** True if the queue can be deleted: it holds only results, and no worker serves it. */
function isDeletable({ stats: { counts, workers } }: QueueSnapshot): boolean {
  const { completed: _, cancelled: __, ...held } = counts;
  return workers.length === 0 && Object.values(held).every((n) => n === 0);
}

/** The recent wait of tasks, and the wait of the oldest one. */
export function waits(fleet: readonly WorkerStatus[], oldestMs: number, queue?: string): Html {
  return figure("p95 wait", lasting(p95Of(fleet, "wait", queue)), {
    trend: beneath(oldestMs > 0 ? `oldest ${spanOf(oldestMs)}` : "none waiting"),
  });
}

function limits({ stats }: QueueSnapshot): Html {
  const words = limitWords(stats);
  return section(
    "Limits",
    words.length === 0
      ? html`<p class="empty">No limits: every push is accepted.</p>`
      : html`<ul class="plain">${words.map((each) => html`<li>${each}</li>`)}</ul>`,
    html`<a href="admission">Admission</a>`,
  );
}
