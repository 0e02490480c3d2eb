/**
 * The page of tasks: filter, states, table and bulk actions.
 *
 * @module
 */

import { states, type TaskState } from "../../../mod.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import { count, plural } from "../../../core/console/format.ts";
import { hidden } from "../actions/perform.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext } from "../page.ts";
import { actionsFor } from "../actions/task_actions.ts";
import { filterOf, isNarrow, queryOf, type TaskFilter, usual } from "./task_filter.ts";
import { taskTable } from "./task_table.ts";
import { type Search, search } from "./task_search.ts";

const perPage = 50;
/** The most suggestions of a field. */
const mostOffered = 100;

/** The page. */
export const tasks: Page = {
  path: "/tasks",
  nav: { label: "Tasks", key: "t", icon: "tasks" },
  async view(ask) {
    const look = await ask.snapshot();
    const filter = readFilter(ask.query);
    if (typeof filter === "string") return refusal(ask, look, filter);
    const tabs = part("tabs", stateTabs(look, filter));
    // A search is not repeated: it may examine thousands of tasks.
    if (ask.isRefresh && isNarrow(filter)) return { title: "Tasks", body: tabs.html, live: [tabs] };
    const asked = filter.states.length > 0 ? filter.states : usual;
    const cursor = ask.query.get("cursor") || undefined;
    let found: Search;
    try {
      found = await search(ask, filter, { states: asked, cursor, limit: perPage, quick: true });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refusal(ask, look, error.message);
    }
    const list = part(
      "tasks",
      html`${taskTable(ask, found.tasks, look, "bulk")}${foot(found, filter, ask.query)}`,
    );
    return {
      title: "Tasks",
      body: html`<h1>Tasks</h1>${filterBar(look, filter)}${tabs.html}${list.html}${
        bulk(ask, filter, asked, found)
      }`,
      live: isNarrow(filter) ? [tabs] : [tabs, list],
    };
  },
};

function readFilter(query: URLSearchParams): TaskFilter | string {
  try {
    return filterOf(query);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The page for a filter that is malformed: the form and the error. */
function refusal(ask: RequestContext, look: Snapshot, why: string) {
  const kept = Object.fromEntries(
    ["queue", "name", "worker", "error", "reason", "since", "id", "payload"].map((
      name,
    ) => [name, ask.query.get(name)?.slice(0, 300) ?? ""]),
  );
  return {
    title: "Tasks",
    body: html`<h1>Tasks</h1>${bar(look, kept, [])}<p class="note warn" role="alert">${why}</p>`,
  };
}

function filterBar(look: Snapshot, filter: TaskFilter): Html {
  const { payload, states: _, like, ...texts } = filter;
  const [first] = payload;
  const kept = { ...texts, ...first && { payload: first.join("=") } };
  const more: [string, string][] = payload.slice(1).map((
    [path, value],
  ) => [`payload.${path}`, value]);
  return bar(look, kept, [
    ...filter.states.map((state): [string, string] => ["state", state]),
    ...like === undefined ? [] : [["like", like] as [string, string]],
    ...more,
  ]);
}

function bar(
  look: Snapshot,
  kept: Readonly<Record<string, string>>,
  others: readonly (readonly [name: string, value: string])[],
): Html {
  const field = (name: string, label: string, example: string, offers?: readonly string[]): Html =>
    html`<label><span>${label}</span><input name="${name}" value="${
      kept[name] ?? ""
    }" placeholder="${example}" autocomplete="off"${
      offers && html`
        list="${`known-${name}`}"
      `
    }>${
      offers && html`<datalist id="${`known-${name}`}">${
        offers.map((each) => html`<option value="${each}"></option>`)
      }</datalist>`
    }</label>`;
  const { queues, names, workers } = known(look);
  const any = others.length > 0 || Object.values(kept).some((text) => text !== "");
  return html`
    <form class="filter" role="search"
      action="tasks">${others.map(([name, value]) =>
        html`<input type="hidden" name="${name}" value="${value}">`
      )}${field("queue", "queue", "mails", queues)}${field(
        "name",
        "task",
        "charge-card",
        names,
      )}${field("error", "error", "TimeoutError")}${field(
        "payload",
        "payload",
        "customer.id=42",
      )}${field("id", "id", "4xPq…")}<span class="do"><button>Search</button>${any &&
        html`<a class="button" href="tasks">Clear</a>`}</span><details${rare.some((name) =>
          kept[name]
        ) && html`
        open
      `}><summary>more</summary><div>${field("worker", "worker", "w-1", workers)}${field(
        "reason",
        "reason",
        "attempts",
        reasons,
      )}${field("since", "pushed since", "10m")}</div></details></form>
  `;
}

/** Fields behind "more", which opens if one is used. */
const rare = ["worker", "reason", "since"];
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

function known({ queues, workers }: Snapshot) {
  const sorted = (all: Iterable<string>): string[] =>
    [...new Set(all)].sort().slice(0, mostOffered);
  return {
    queues: sorted(queues.map(({ name }) => name)),
    names: sorted(workers.flatMap(({ info }) => info.tasks.map(({ name }) => name))),
    workers: sorted(workers.map(workerName)),
  };
}

function stateTabs({ queues }: Snapshot, filter: TaskFilter): Html {
  const counted = queues.filter(({ name }) => filter.queue === undefined || name === filter.queue);
  const countOf = (state: TaskState): number =>
    counted.reduce((sum, { stats }) => sum + stats.counts[state], 0);
  const tab = (label: string, only: readonly TaskState[], n: number): Html => {
    const current = String(only) === String(filter.states);
    const query = queryOf({ ...filter, states: only });
    return html`<li><a href="tasks${query && `?${query}`}"${
      current && html`
        aria-current="true"
      `
    }>${label} <b>${count(n)}</b></a></li>`;
  };
  const each = Object.keys(states) as TaskState[];
  return html`<ul class="tabs" aria-label="States">${
    tab("open and dead", [], usual.reduce((sum, state) => sum + countOf(state), 0))
  }${each.map((state) => tab(state, [state], countOf(state)))}</ul>`;
}

/** The extent of the list, and links to continue. */
function foot(
  { tasks, examined, next, total }: Search,
  filter: TaskFilter,
  query: URLSearchParams,
): Html {
  const before = Number(query.get("searched") ?? 0);
  const searched = (Number.isSafeInteger(before) && before > 0 ? before : 0) + examined;
  const all = Math.max(total, searched);
  const said = isNarrow(filter)
    ? `${plural(tasks.length, "task")} found; searched ${count(searched)} of ${count(all)}`
    : `${count(searched)} of ${count(all)}`;
  const href = next !== null &&
    `tasks?${queryOf(filter, { cursor: next, searched: String(searched) })}`;
  return html`<p class="sum foot">${said}${
    href && html`
      · <a href="${href}" rel="next">${isNarrow(filter) ? "continue" : "next page"}</a>
    `
  }${
    query.has("cursor") && html`
      · <a href="tasks?${queryOf(filter)}">first page</a>
    `
  }</p>`;
}

/** The form of bulk actions; it owns the checkboxes of the table. `all` offers all matches. */
export function bulk(
  ask: RequestContext,
  filter: TaskFilter,
  asked: readonly TaskState[],
  { tasks, total, next }: Search,
  all = true,
): Value {
  const acts = actionsFor(asked).filter(({ act }) => ask.may(act.role));
  if (acts.length === 0 || (tasks.length === 0 && next === null)) return false;
  const fields = { filter: queryOf(filter), back: ask.location };
  const whatever = isNarrow(filter) || asked.length > 1
    ? "all matching"
    : `all ${count(total)} matching`;
  return html`<form id="bulk" class="bulk" method="post">${hidden(fields)}
    ${
    all
      ? html`
        <label><input type="radio" name="scope" value="selected" checked> selected</label>
        <label><input type="radio" name="scope" value="all"> ${whatever}</label>
      `
      : html`<span class="dim">selected tasks</span>`
  }<span class="acts">${
    acts.map(({ act, label }) =>
      html`
        <button formaction="act/${act.name}" class="${act.role === "admin"
          ? "danger"
          : "plain"}">${label} …</button>
      `
    )
  }</span></form>`;
}
