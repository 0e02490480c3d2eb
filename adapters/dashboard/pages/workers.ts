/**
 * The page of workers: state, load, health and commands.
 *
 * @module
 */

import {
  busySlots,
  loopLag,
  slotsOf,
  workerName,
  type WorkerStatus,
} from "../../../core/console/worker_list.ts";
import { count, plural, spanOf } from "../../../core/console/format.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext } from "../page.ts";
import { badge, button, type Column, moment, table, type Tone } from "../ui/components.ts";
import { workerAction } from "../actions/worker_actions.ts";

const tones: Readonly<Record<WorkerStatus["state"], Tone>> = {
  working: "good",
  paused: "warn",
  draining: "busy",
  lost: "bad",
};

/** The page. */
export const workers: Page = {
  path: "/workers",
  nav: { label: "Workers", key: "w", icon: "workers" },
  async view(ask) {
    const look = await ask.snapshot();
    const list = part("workers", workerTable(look, ask));
    return {
      title: "Workers",
      body: html`<h1>Workers</h1>${list.html}`,
      live: [list],
    };
  },
};

function workerTable({ workers }: Snapshot, ask: RequestContext): Html {
  const { alive, slots, busy } = slotsOf(workers);
  return html`<p class="sum">${plural(alive, "worker")}, ${count(busy)} of ${
    plural(slots, "slot")
  } busy</p>${
    table(workers, columnsFor(ask), {
      keyOf: ({ id }) => id,
      label: "Workers",
      empty: html`<p>No workers yet. A worker runs tasks: start one with
        <code data-copy="rl worker start">rl worker start</code>, or with
        <code>createWorker(rl).start()</code> in your own process.</p>`,
      ask,
    })
  }`;
}

function columnsFor(ask: RequestContext): Column<WorkerStatus>[] {
  const columns: Column<WorkerStatus>[] = [
    {
      title: "worker",
      sort: workerName,
      of: (each) => html`<b id="${each.id}" title="${each.id}">${workerName(each)}</b>`,
    },
    { title: "state", sort: ({ state }) => state, of: (each) => badges(each) },
    {
      title: "slots",
      sort: busySlots,
      of: (each) => slots(each),
    },
    {
      title: "heartbeat",
      number: true,
      sort: ({ lastBeat }) => lastBeat.getTime(),
      of: (each) => moment(each.lastBeat, ask.now),
    },
    {
      title: "loop lag",
      number: true,
      wide: true,
      sort: loopLag,
      of: (each) => spanOf(loopLag(each)),
    },
    {
      title: "memory",
      number: true,
      wide: true,
      sort: ({ info }) => info.rssMb,
      of: ({ info }) => info.rssMb > 0 ? `${count(info.rssMb)} MB` : "—",
    },
    {
      title: "up",
      number: true,
      wide: true,
      sort: ({ info }) => info.startedAt,
      of: ({ info }) => upOf(info.startedAt, ask.now),
    },
    {
      title: "process",
      wide: true,
      sort: ({ info }) => info.host,
      of: ({ info }) =>
        html`<span title="${info.runtime} ${info.version}">${info.host}${
          info.process > 0 && ` · ${info.process}`
        }</span>`,
    },
    {
      title: "queues",
      rest: true,
      of: ({ queues }) =>
        html`<span title="${queues.join(", ")}">${
          queues.map((name, i) =>
            html`${i > 0 && ", "}<a href="queues/${encodeURIComponent(name)}">${name}</a>`
          )
        }</span>`,
    },
  ];
  if (ask.may("operator")) columns.push({ title: "", of: (each) => buttons(each, ask) });
  return columns;
}

function slots(worker: WorkerStatus): Html {
  const { concurrency } = worker.info;
  const busy = busySlots(worker);
  const held = worker.running - busy;
  return html`<span class="slots">${
    gauge(busy, concurrency, `${busy} of ${concurrency} slots busy`)
  }<span class="number">${busy}/${concurrency}</span>${
    held > 0 && html`<span class="dim" title="claimed ahead">+${held}</span>`
  }</span>`;
}

function buttons(each: WorkerStatus, ask: RequestContext): Html | false {
  if (each.state === "lost") return false;
  const fields = { worker: each.id, name: workerName(each), queues: each.queues.join(",") };
  return html`<div class="acts">${
    each.state === "paused"
      ? button(ask, workerAction("resume"), fields, "Resume")
      : each.state === "working" && button(ask, workerAction("pause"), fields, "Pause")
  }${each.state !== "draining" && button(ask, workerAction("drain"), fields, "Drain")}${
    button(ask, workerAction("stop"), fields, "Stop", "danger")
  }</div>`;
}

/** The state of a worker, and badges for anomalies. */
function badges({ state, command, missingMs, blockedMs, info }: WorkerStatus): Value {
  return [
    badge(state, tones[state]),
    command !== null && badge(`${command} requested`, "busy"),
    missingMs > 0 && badge(`disconnected for ${spanOf(missingMs)}`, "bad"),
    blockedMs > 0
      ? badge(`loop blocked for ${spanOf(blockedMs)}`, "bad")
      : info.loopLagMs > 200 && badge("loop blocked", "warn"),
    info.leaked > 0 && badge(`${info.leaked} leaked`, "warn"),
    info.fenced > 0 && badge(`${info.fenced} fenced`, "warn"),
  ];
}

function upOf(startedAt: string, now: number): string {
  const began = Date.parse(startedAt);
  return Number.isNaN(began) ? "?" : spanOf(Math.max(0, now - began));
}
