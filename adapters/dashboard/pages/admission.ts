/**
 * The page of admission control: state, refusals and limits of each queue.
 *
 * @module
 */

import { admissionReport } from "../../../core/console/admission_report.ts";
import { count } from "../../../core/console/format.ts";
import { type Html, html, part } from "../ui/html.ts";
import { describeLimits } from "../../../core/console/limits.ts";
import type { QueueLimits } from "../../../mod.ts";
import type { QueueSnapshot, Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext } from "../page.ts";
import { badge, type Column, table, type Tone } from "../ui/components.ts";
import { firstTask } from "../ui/first_run.ts";

const tones = { open: "good", shedding: "warn", closed: "bad" } as const;

/** The page. */
export const admission: Page = {
  path: "/admission",
  nav: { label: "Admission", key: "a", icon: "gate" },
  async view(ask) {
    const list = part("admission", gates(await ask.snapshot(), ask));
    return {
      title: "Admission",
      body: html`
        <div class="headline">
          <h1>Admission</h1>
          <p class="dim">Refused pushes get a Retry-After. Duplicates are never refused.</p>
        </div>${list.html}
      `,
      live: [list],
    };
  },
};

function gates({ queues, refusing }: Snapshot, ask: RequestContext): Html {
  const columns: Column<QueueSnapshot>[] = [
    {
      title: "queue",
      sort: ({ name }) => name,
      of: ({ name }) => html`<a href="queues/${encodeURIComponent(name)}"><b>${name}</b></a>`,
    },
    {
      title: "state",
      sort: (row) => stateOf(row, refusing)[0],
      of: (row) => badge(...stateOf(row, refusing)),
    },
    {
      title: "waiting",
      number: true,
      sort: ({ stats: { counts } }) => counts.ready + counts.scheduled,
      of: ({ stats: { counts } }) => count(counts.ready + counts.scheduled),
    },
    { title: "refused so far", of: ({ stats }) => refusals(stats) },
    { title: "limits", rest: true, of: ({ stats }) => limitsOf(stats) },
  ];
  if (ask.may("admin")) {
    columns.push({
      title: "",
      of: ({ name }) => html`<a href="queues/${encodeURIComponent(name)}#limits">change</a>`,
    });
  }
  return table(queues, columns, {
    keyOf: ({ name }) => name,
    label: "Admission",
    empty: firstTask("No queues yet. A queue appears with its first task."),
    ask,
  });
}

/** A queue that has refused a push lately is refusing, also if only a producer knows the limit. */
function stateOf({ name, stats }: QueueSnapshot, refusing: ReadonlySet<string>): [string, Tone] {
  const { state } = admissionReport(stats);
  return state !== "closed" && refusing.has(name)
    ? ["refusing now", "warn"]
    : [state, tones[state]];
}

/** The option that sets the limit of each reason for a refusal. */
const limitOfReason: Readonly<Record<string, keyof QueueLimits>> = {
  depth: "maxDepth",
  age: "maxAge",
  rate: "rate",
  tenant: "maxPerTenant",
};

/** The limits that are stored with the queue, and those that only refusals show. */
export function limitWords(stats: QueueSnapshot["stats"]): string[] {
  const inCode = Object.keys(admissionReport(stats).refused).filter((reason) => {
    const limit = limitOfReason[reason];
    return limit !== undefined && (stats.limits[limit] ?? null) === null;
  });
  return [
    ...describeLimits(stats.limits),
    ...inCode.map((reason) => `${reason}: set in the code of a producer, option "admission"`),
  ];
}

function limitsOf(stats: QueueSnapshot["stats"]): Html {
  const words = limitWords(stats);
  const text = words.join("; ");
  return words.length > 0
    ? html`<span title="${text}">${text}</span>`
    : html`<span class="dim">none</span>`;
}

function refusals(stats: QueueSnapshot["stats"]): Html {
  const parts = Object.entries(admissionReport(stats).refused);
  return parts.length === 0
    ? html`<span class="dim">none</span>`
    : html`${parts.map(([reason, n]) => `${reason} ${count(n)}`).join(" · ")}`;
}
