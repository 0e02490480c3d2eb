/**
 * The page of workers: state, load, health and commands.
 *
 * @module
 */

import { loopLag, workerName, type WorkerStatus } from "../../../core/console/worker_list.ts";
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
  const alive = workers.filter(({ state }) => state !== "lost");
  const slots = alive.reduce((sum, { info }) => sum + info.concurrency, 0);
  const busy = alive.reduce((sum, { running }) => sum + running, 0);
  const columns: Column<WorkerStatus>[] = [
    {
      title: "worker",
      of: (each) =>
        html`<b id="${each.id}">${workerName(each)}</b><br><span class="dim mono">${
          each.id.slice(0, 9)
        }</span>`,
    },
    { title: "state", of: (each) => badges(each) },
    {
      title: "slots",
      of: ({ running, info: { concurrency } }) =>
        html`<span class="slots">${
          gauge(running, concurrency, `${running} of ${concurrency} slots busy`)
        }<span class="number">${running}/${concurrency}</span></span>`,
    },
    { title: "last heartbeat", number: true, of: (each) => moment(each.lastBeat, ask.now) },
    { title: "loop lag", number: true, wide: true, of: (each) => spanOf(loopLag(each)) },
    {
      title: "memory",
      number: true,
      wide: true,
      of: ({ info }) => info.rssMb > 0 ? `${count(info.rssMb)} MB` : "—",
    },
    {
      title: "host",
      wide: true,
      of: ({ info }) =>
        html`<span class="nowrap">${info.host}${info.process > 0 && ` · ${info.process}`}<br><span
          class="dim">${info.runtime} ${info.version}, up ${
          upOf(info.startedAt, ask.now)
        }</span></span>`,
    },
    {
      title: "queues",
      wide: true,
      of: ({ queues }) =>
        queues.slice(0, 5).map((name) =>
          html`
            <a href="queues/${encodeURIComponent(name)}">${name}</a>
          `
        ),
    },
  ];
  if (ask.may("operator")) columns.push({ title: "", of: (each) => buttons(each, ask) });
  return html`<p class="sum">${plural(alive.length, "worker")}, ${count(busy)} of ${
    plural(slots, "slot")
  } busy</p>${
    table(workers, columns, {
      keyOf: ({ id }) => id,
      label: "Workers",
      empty: "No workers: start one with rl worker start",
    })
  }`;
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
