/**
 * The page of admission control: state, refusals and limits of each queue.
 *
 * @module
 */

import { admissionReport } from "../../../core/console/admission_report.ts";
import { count } from "../../../core/console/format.ts";
import { type Html, html, part } from "../ui/html.ts";
import { describeLimits } from "../../../core/console/limits.ts";
import type { QueueSnapshot } from "../live/snapshot.ts";
import type { Page } from "../page.ts";
import { badge, type Column, table } from "../ui/components.ts";

const tones = { open: "good", shedding: "warn", closed: "bad" } as const;

/** The page. */
export const admission: Page = {
  path: "/admission",
  nav: { label: "Admission", key: "a", icon: "gate" },
  async view(ask) {
    const { queues } = await ask.snapshot();
    const list = part("admission", gates(queues, ask.may("admin")));
    return {
      title: "Admission",
      body: html`
        <div class="headline">
          <h1>Admission</h1>
          <p class="dim">A refused push gets a retry time; a duplicate is never refused.</p>
        </div>${list.html}
      `,
      live: [list],
    };
  },
};

function gates(queues: readonly QueueSnapshot[], mayChange: boolean): Html {
  const columns: Column<QueueSnapshot>[] = [
    {
      title: "queue",
      of: ({ name }) => html`<a href="queues/${encodeURIComponent(name)}"><b>${name}</b></a>`,
    },
    {
      title: "state",
      of: ({ stats }) => {
        const { state } = admissionReport(stats);
        return badge(state, tones[state]);
      },
    },
    {
      title: "waiting",
      number: true,
      of: ({ stats: { counts } }) => count(counts.ready + counts.scheduled),
    },
    { title: "refused", of: ({ stats }) => refusals(stats) },
    {
      title: "limits",
      of: ({ stats }) => {
        const words = describeLimits(stats.limits);
        return words.length > 0
          ? html`<ul class="plain">${words.map((each) => html`<li>${each}</li>`)}</ul>`
          : html`<span class="dim">none</span>`;
      },
    },
  ];
  if (mayChange) {
    columns.push({
      title: "",
      of: ({ name }) => html`<a href="queues/${encodeURIComponent(name)}#limits">change</a>`,
    });
  }
  return table(queues, columns, {
    keyOf: ({ name }) => name,
    label: "Admission",
    empty: "There are no queues yet.",
  });
}

function refusals(stats: QueueSnapshot["stats"]): Html {
  const parts = Object.entries(admissionReport(stats).refused);
  return parts.length === 0
    ? html`<span class="dim">none</span>`
    : html`${parts.map(([reason, n]) => `${reason} ${count(n)}`).join(" · ")}`;
}
