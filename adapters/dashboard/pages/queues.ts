/**
 * The pages of queues: depth, rates and limits.
 *
 * @module
 */

import type { WorkerStatus } from "../../../core/console/worker_list.ts";
import { p95Of } from "../../../core/console/percentiles.ts";
import { brief, count, plural, spanOf } from "../../../core/console/format.ts";
import { backlog, chart, gauge, spark, throughput } from "../ui/chart.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import { describeLimits } from "../../../core/console/limits.ts";
import { limitForm } from "./queue_limits.ts";
import type { QueueSnapshot, Snapshot } from "../live/snapshot.ts";
import { type Page, PageNotFound, type RequestContext } from "../page.ts";
import {
  badge,
  beneath,
  button,
  type Column,
  figure,
  lasting,
  number,
  section,
  table,
} from "../ui/components.ts";
import { deleteQueue, pauseQueue, resumeQueue } from "../actions/queue_actions.ts";

/** The page of all queues. */
export const queues: Page = {
  path: "/queues",
  nav: { label: "Queues", key: "q", icon: "queues" },
  async view(ask) {
    const look = await ask.snapshot();
    const wanted = (ask.query.get("search") ?? "").slice(0, 64).toLowerCase();
    const shown = look.queues.filter(({ name }) => name.toLowerCase().includes(wanted));
    const list = part("queues", queueTable(shown, ask));
    return {
      title: "Queues",
      body: html`
        <div class="headline">
          <h1>Queues</h1>
          <form role="search" action="queues">
                <label class="sr" for="search">Search queues</label><input id="search" name="search" type="search"
                placeholder="name" value="${wanted}"></form>
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
      part("rates", chart("Tasks per second", found.history, throughput, "/s")),
      part("depth", chart("Backlog", found.history, backlog)),
      part("limit-list", limits(found)),
    ] as const;
    const [head, rates, depth, limited] = parts;
    return {
      title: `Queue ${found.name}`,
      body: html`<p class="crumbs"><a href="queues">Queues</a> /</p><h1>${found.name}</h1>
        ${head.html}<div class="pair">${rates.html}${depth.html}</div>${limited.html}${
        limitForm(ask, found.name, found.stats.limits)
      }`,
      live: parts,
    };
  },
};

/** The queues as a table; with `ask` each row ends with buttons. */
export function queueTable(shown: readonly QueueSnapshot[], ask?: RequestContext): Html {
  const columns: Column<QueueSnapshot>[] = [
    {
      title: "queue",
      of: ({ name }) => html`<a href="queues/${encodeURIComponent(name)}"><b>${name}</b></a>`,
    },
    { title: "", of: (row) => flags(row) },
    {
      title: "trend",
      wide: true,
      of: ({ history }) => spark(history.map(({ done }) => done), "done"),
    },
    { title: "done/s", number: true, of: ({ pace }) => pace ? brief(pace.done) : "—" },
    { title: "ready", number: true, of: (row) => tasks(row, "ready") },
    { title: "running", number: true, of: (row) => tasks(row, "running") },
    { title: "scheduled", number: true, wide: true, of: (row) => tasks(row, "scheduled") },
    { title: "quarantined", number: true, wide: true, of: (row) => tasks(row, "quarantined") },
    { title: "dead", number: true, of: (row) => tasks(row, "dead") },
    {
      title: "oldest",
      number: true,
      of: ({ stats }) => stats.counts.ready > 0 ? spanOf(stats.oldestMs) : "—",
    },
    { title: "workers", number: true, wide: true, of: ({ stats }) => number(stats.workers.length) },
  ];
  if (ask?.may("operator")) columns.push({ title: "", of: (row) => buttons(ask, row) });
  return table(shown, columns, {
    keyOf: ({ name }) => name,
    label: "Queues",
    empty: "No queue matches: a queue appears with its first task.",
  });
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

function summary(row: QueueSnapshot, look: Snapshot, ask: RequestContext): Html {
  const { name, stats, pace } = row;
  const { counts, paused } = stats;
  const fleet = look.workers.filter((each) => each.state !== "lost" && each.queues.includes(name));
  const slots = fleet.reduce((sum, { info }) => sum + info.concurrency, 0);
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
        trend: gauge(counts.running, slots, `${counts.running} of ${plural(slots, "slot")} busy`),
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
  const words = describeLimits(stats.limits);
  return section(
    "Limits",
    words.length === 0
      ? html`<p class="empty">No limits.</p>`
      : html`<ul class="plain">${words.map((each) => html`<li>${each}</li>`)}</ul>`,
    html`<a href="admission">Admission</a>`,
  );
}
