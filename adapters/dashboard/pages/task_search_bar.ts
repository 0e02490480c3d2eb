/**
 * The search box of tasks: a line of conditions, suggestions for it, and a chip for each
 * condition that is in force.
 *
 * @module
 */

import { states } from "../../../mod.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import type { Snapshot } from "../live/snapshot.ts";
import { type Html, html } from "../ui/html.ts";
import { formatTerms, type KnownNames, paramsOf, type Term } from "./task_query.ts";

/** The most suggestions of a condition. */
const mostOffered = 100;

/** The most common reasons. */
const reasons = [
  "attempts",
  "budget",
  "crashes",
  "corrupt",
  "discarded",
  "drain",
  "failed",
  "lease",
  "migration",
  "not retryable",
  "presence",
  "stalled",
  "timeout",
  "unroutable",
  "validation",
];

/** The names that are in use, sorted. */
export function knownNames({ queues, workers }: Snapshot): KnownNames {
  const sorted = (all: readonly string[]): string[] =>
    [...new Set(all)].sort().slice(0, mostOffered);
  return {
    queues: sorted(queues.map(({ name }) => name)),
    names: sorted(workers.flatMap(({ info }) => info.tasks.map(({ name }) => name))),
    workers: sorted(workers.map(workerName)),
  };
}

/** The form and the chips. `line` is what was typed, `tab` the states of the current tab. */
export function searchBar(
  look: Snapshot,
  line: string,
  terms: readonly Term[],
  tab: readonly string[],
): Html {
  return html`
    <form class="search" role="search"
      action="tasks">${tab.map((state) =>
        html`<input type="hidden" name="state" value="${state}">`
      )}<label class="sr" for="q">Search tasks</label><input id="q" name="q" type="search" value="${line}" list="suggestions" autocomplete="off"
      spellcheck="false" placeholder="queue:mails  name:charge-card  error:Stripe  payload.customer.id:42  since:10m"><datalist
      id="suggestions">${suggestions(knownNames(look)).map((each) =>
        html`<option value="${each}"></option>`
      )}</datalist><button>Search</button></form>${terms.length > 0 && chips(terms, tab)}
  `;
}

function suggestions({ queues, names, workers }: KnownNames): string[] {
  const all = (key: string, values: readonly string[]): string[] =>
    values.map((value) => formatTerms([{ key, value }]));
  return [
    ...all("queue", queues),
    ...all("name", names),
    ...all("worker", workers),
    ...all("state", Object.keys(states)),
    ...all("reason", reasons),
    ...all("since", ["10m", "1h", "24h"]),
  ];
}

function chips(terms: readonly Term[], tab: readonly string[]): Html {
  const href = (kept: readonly Term[]): string => {
    const query = paramsOf([...tab.map((value) => ({ key: "state", value })), ...kept]).toString();
    return query === "" ? "tasks" : `tasks?${query}`;
  };
  return html`<ul class="chips" aria-label="Conditions">${
    terms.map((term) =>
      html`<li><bdi><b>${term.key}</b> ${term.value.slice(0, 100)}</bdi> <a href="${
        href(terms.filter((each) => each !== term))
      }" aria-label="Remove ${term.key} ${term.value.slice(0, 100)}">×</a></li>`
    )
  }${terms.length > 1 && html`<li class="plain"><a href="${href([])}">clear all</a></li>`}</ul>`;
}
