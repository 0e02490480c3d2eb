/**
 * The page of tasks: search box, states, table and bulk actions.
 *
 * @module
 */

import { states, type TaskState } from "../../../mod.ts";
import { count, plural } from "../../../core/console/format.ts";
import { hidden } from "../actions/perform.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import { firstTask } from "../ui/first_run.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext, View } from "../page.ts";
import { actionsFor } from "../actions/task_actions.ts";
import { filterOf, isNarrow, queryOf, type TaskFilter, usual } from "./task_filter.ts";
import { formatTerms, paramsOf, parseTerms, termsOf } from "./task_query.ts";
import { knownNames, searchBar } from "./task_search_bar.ts";
import { taskTable } from "./task_table.ts";
import { type Search, search } from "./task_search.ts";

const perPage = 50;

/** The page. */
export const tasks: Page = {
  path: "/tasks",
  nav: { label: "Tasks", key: "t", icon: "tasks" },
  async view(ask) {
    const look = await ask.snapshot();
    const filter = readFilter(ask.query, look);
    if (typeof filter === "string") return refusal(ask, look, filter);
    const asked = filter.states.length > 0 ? filter.states : usual;
    // A search is not repeated: it may examine thousands of tasks.
    if (ask.isRefresh && isNarrow(filter)) return { title: "Tasks", body: html``, live: [] };
    const cursor = ask.query.get("cursor") || undefined;
    let found: Search;
    try {
      found = await search(ask, filter, { states: asked, cursor, limit: perPage, quick: true });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      return refusal(ask, look, error.message);
    }
    const parts = [
      part("tabs", stateTabs(look, filter, asked, found)),
      part("tasks", html`${listOf(ask, look, filter, found)}${foot(found, filter, ask.query)}`),
    ] as const;
    const [tabs, list] = parts;
    const terms = termsOf(filter);
    return {
      title: titleOf(filter),
      body: html`<h1>Tasks</h1>${
        searchBar(look, formatTerms(terms), terms, filter.states)
      }${tabs.html}${list.html}${bulk(ask, filter, asked, found)}`,
      live: isNarrow(filter) ? [] : parts,
    };
  },
};

/** The title in the browser, by which its tabs differ. */
function titleOf(filter: TaskFilter): string {
  const line = formatTerms([
    ...filter.states.map((value) => ({ key: "state", value })),
    ...termsOf(filter),
  ]);
  return line === "" ? "Tasks" : `Tasks ${line.slice(0, 80)}`;
}

/** The filter of an address, whose parameter `q` is a line as people type it. */
function readFilter(query: URLSearchParams, look: Snapshot): TaskFilter | string {
  try {
    const line = query.get("q") ?? "";
    const all = new URLSearchParams(query);
    all.delete("q");
    for (const [key, value] of paramsOf(parseTerms(line.slice(0, longestLine), knownNames(look)))) {
      all.append(key, value);
    }
    return filterOf(all);
  } catch (error) {
    return (error as Error).message;
  }
}

/** The longest line that is read, in characters. */
const longestLine = 2000;

/** The page for a filter that is malformed: what was asked, and the error. */
function refusal({ query }: RequestContext, look: Snapshot, why: string): View {
  const line = query.get("q") ??
    formatTerms(
      [...query].filter(([, value]) => value !== "").map(([key, value]) => ({ key, value })),
    );
  return {
    title: "Tasks",
    body: html`<h1>Tasks</h1>${
      searchBar(look, line.slice(0, longestLine), [], [])
    }<p class="note warn" role="alert">${why}</p>`,
  };
}

function listOf(ask: RequestContext, look: Snapshot, filter: TaskFilter, found: Search): Html {
  if (look.queues.length === 0) return firstTask("No tasks yet.");
  const hasFilter = termsOf(filter).length > 0;
  const empty = hasFilter
    ? html`<p>No task matches. Remove a condition above, or <a href="tasks">show all tasks</a>.</p>`
    : filter.states.length > 0
    ? html`<p>No task is ${filter.states.join(" or ")} now.</p>`
    : html`<p>No task is waiting, running or dead. <a href="tasks?state=completed">Completed tasks</a></p>`;
  return taskTable(ask, found.tasks, look, { form: "bulk", empty });
}

function stateTabs(
  { queues }: Snapshot,
  filter: TaskFilter,
  asked: readonly TaskState[],
  found: Search,
): Html {
  const counted = queues.filter(({ name }) => filter.queue === undefined || name === filter.queue);
  const inQueues = (state: TaskState): string =>
    count(counted.reduce((sum, { stats }) => sum + stats.counts[state], 0));
  // A search knows only what it has found, in the states it has looked at.
  const matching = (state: TaskState): string => {
    if (!asked.includes(state)) return "";
    const n = found.tasks.filter((task) => task.state === state).length;
    return found.next === null ? count(n) : `${count(n)}+`;
  };
  const numberOf = isNarrow(filter) ? matching : inQueues;
  const tab = (label: string, only: readonly TaskState[], n: string): Html => {
    const current = String(only) === String(filter.states);
    const query = queryOf({ ...filter, states: only });
    return html`<li><a href="tasks${query && `?${query}`}"${
      current && html`
        aria-current="true"
      `
    }>${label} <b>${n}</b></a></li>`;
  };
  const usualCount = counted.reduce(
    (sum, { stats }) => sum + usual.reduce((n, state) => n + stats.counts[state], 0),
    0,
  );
  const isUsual = filter.states.length === 0;
  const all = !isNarrow(filter)
    ? count(usualCount)
    : isUsual
    ? `${count(found.tasks.length)}${found.next === null ? "" : "+"}`
    : "";
  const each = Object.keys(states) as TaskState[];
  return html`<ul class="tabs" aria-label="States">${tab("open and dead", [], all)}${
    each.map((state) => tab(state, [state], numberOf(state)))
  }</ul>`;
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

/**
 * The form of bulk actions; it owns the checkboxes of the table, and appears once one is
 * checked. `all` offers all matches.
 */
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
        <label><input type="radio" name="scope" value="selected" checked> <output>selected</output></label>
        <label><input type="radio" name="scope" value="all"> ${whatever}</label>
      `
      : html`<output>selected</output>`
  }<span class="acts">${
    acts.map(({ act, label, states }) =>
      html`
        <button formaction="act/${act.name}" class="${act.role === "admin"
          ? "danger"
          : "plain"} ${states.map((state) => `for-${state}`).join(" ")}">${label} …</button>
      `
    )
  }</span></form>`;
}
