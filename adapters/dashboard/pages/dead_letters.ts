/**
 * The pages of dead tasks: grouped by the cause of death, and one group with its actions.
 *
 * @module
 */

import type { Relier } from "../../../mod.ts";
import { type DeadGroup, groupDead } from "../../../core/console/dead_groups.ts";
import { shortId } from "../../../core/console/ids.ts";
import { count, plural, spanOf } from "../../../core/console/format.ts";
import { canaryPart } from "../actions/canary.ts";
import { deadLetterButtons, exportHref } from "../actions/dead_letter_actions.ts";
import { type Html, html, part } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { Page, RequestContext } from "../page.ts";
import { clock, type Column, figure, moment, number, table } from "../ui/components.ts";
import { filterOf, queryOf, type TaskFilter } from "./task_filter.ts";
import { hrefOf, taskTable } from "./task_table.ts";
import { exportCommand } from "../actions/cli_equivalent.ts";
import { type Search, search } from "./task_search.ts";
import { bulk } from "./tasks.ts";

/** The most dead tasks that are grouped, the latest first. */
const mostDead = 5000;
const mostGroups = 200;
const perPage = 50;
/** The time for which refreshes reuse a result, even if more tasks have died. */
const restMs = 5000;

/** The page of all groups. */
export const dlq: Page = {
  path: "/dlq",
  nav: { label: "Dead letters", key: "d", icon: "dead" },
  async view(ask) {
    const filter = deadFilter(ask.query);
    const look = await ask.snapshot();
    const found = await deadOf(ask, look, filter);
    const groups = groupDead(found.tasks);
    const list = part(
      "groups",
      html`${groupTable(groups.slice(0, mostGroups), ask)}<p class="sum foot">${
        plural(groups.length, "group")
      } of ${plural(found.tasks.length, "dead task")}${
        found.next !== null &&
        `; only the last ${count(found.examined)} of ${count(found.total)} are grouped`
      }</p>`,
    );
    const { queue, error } = filter;
    return {
      title: "Dead letters",
      body: html`
        <div class="headline">
          <h1>Dead letters</h1>
          <form role="search" action="dlq" class="inline">
                <label class="sr" for="queue">Queue</label><input id="queue" name="queue" list="known-queue" placeholder="queue" value="${queue ??
                  ""}" autocomplete="off"><datalist id="known-queue">${look.queues.slice(0, 100)
                  .map(({ name }) =>
                    html`<option value="${name}"></option>`
                  )}</datalist><label class="sr" for="error">Error</label><input id="error" name="error" type="search" placeholder="error" value="${error ??
                  ""}"><button>Search</button>${ask.showsPayloads && html`
                  <a class="button" href="${exportHref(filter)}"
                    data-command="${exportCommand(filter)}">Export NDJSON</a>
                `}</form>
        </div>${list.html}
      `,
      live: [list],
    };
  },
};

/** The page of one group. */
export const deadGroup: Page = {
  path: "/dlq/group",
  async view(ask) {
    const filter = deadFilter(ask.query);
    const look = await ask.snapshot();
    const found = await deadOf(ask, look, filter);
    const [group] = groupDead(found.tasks);
    const shown = found.tasks.slice(0, perPage);
    const parts = [
      part("group", summary(found, group, ask)),
      await canaryPart(ask, filter, found.tasks.length),
      part(
        "dead",
        taskTable(ask, shown, look, {
          form: "bulk",
          empty: html`<p>No task of this group is dead.</p>`,
        }),
      ),
    ] as const;
    const [head, canary, list] = parts;
    const title = group?.group ?? [filter.name, filter.like].filter(Boolean).join(" · ");
    return {
      title: `Dead: ${(title || "nothing").slice(0, 80)}`,
      body: html`
        <p class="crumbs"><a href="dlq">Dead letters</a> /</p><h1
          class="group"><bdi>${title.slice(0, 400) || "No dead task matches"}</bdi></h1>${head
            .html}${deadLetterButtons(ask, filter, found.tasks.length)}${canary.html}${list.html}<p
          class="sum foot">${found.tasks.length > shown.length &&
            html`the last ${shown.length} of ${count(found.tasks.length)} shown · <a href="tasks?${
              queryOf(filter)
            }">show all</a>`}</p>${bulk(
              ask,
              filter,
              ["dead"],
              found,
              false,
            )}
      `,
      live: parts,
    };
  },
};

/** The filter of a query. @throws RangeError if it is malformed. */
function deadFilter(query: URLSearchParams): TaskFilter {
  const kept = new URLSearchParams();
  for (const name of ["queue", "name", "reason", "error", "like"]) {
    const value = query.get(name);
    if (value !== null) kept.set(name, value);
  }
  return { ...filterOf(kept), states: ["dead"] };
}

interface Cached {
  readonly at: number;
  /** Changes when a task dies or is released. */
  readonly mark: string;
  readonly found: Search;
}

const kept = new WeakMap<Relier, Map<string, Cached>>();

/** The dead tasks of a filter; they are read again only once something has changed. */
async function deadOf(
  ask: RequestContext,
  { queues }: Snapshot,
  filter: TaskFilter,
): Promise<Search> {
  const all = kept.get(ask.rl) ?? new Map<string, Cached>();
  kept.set(ask.rl, all);
  const key = queryOf(filter);
  const mark = queues.filter(({ name }) => filter.queue === undefined || name === filter.queue)
    .map(({ stats: { counts, events } }) =>
      [
        counts.dead,
        ...["bury", "abandon", "condemn", "release", "discard"].map((on) => events[on] ?? 0),
      ]
        .join()
    ).join(" ");
  const before = all.get(key);
  if (before && (before.mark === mark || ask.isRefresh && ask.now - before.at < restMs)) {
    return before.found;
  }
  const found = await search(ask, filter, { states: ["dead"], limit: mostDead, whole: true });
  if (all.size >= 50) all.clear();
  all.set(key, { at: ask.now, mark, found });
  return found;
}

function groupTable(groups: readonly DeadGroup[], ask: RequestContext): Html {
  const columns: Column<DeadGroup>[] = [
    {
      title: "task",
      sort: ({ name }) => name,
      of: (each) =>
        html`<a href="${groupHref(each)}"><b><bdi>${each.name || "(unreadable)"}</bdi></b></a>`,
    },
    {
      title: "dead",
      number: true,
      sort: (each) => each.count,
      of: (each) => number(each.count, "bad"),
    },
    {
      title: "queue",
      wide: true,
      of: ({ queue }) => html`<a href="dlq?queue=${encodeURIComponent(queue)}">${queue}</a>`,
    },
    { title: "reason", wide: true, of: ({ why }) => html`<bdi class="nowrap">${why}</bdi>` },
    {
      title: "first",
      number: true,
      wide: true,
      sort: ({ first }) => +first,
      of: ({ first }) => moment(first, ask.now),
    },
    {
      title: "last",
      number: true,
      sort: ({ last }) => +last,
      of: ({ last }) => moment(last, ask.now),
    },
    {
      title: "example",
      wide: true,
      of: ({ example }) =>
        html`<a class="mono" href="${hrefOf(example)}" title="${example}">${shortId(example)}</a>`,
    },
    {
      title: "error",
      rest: true,
      of: (each) => {
        const error = each.group.slice(each.group.indexOf(" · ") + 3);
        return html`<a href="${groupHref(each)}"><bdi class="dim" title="${error.slice(0, 500)}">${
          error.replace(/^RelierError: Task "[^"]+~[^"]+" (?:is |was |has )?/, "").slice(0, 300)
        }</bdi></a>`;
      },
    },
  ];
  return table(groups, columns, {
    keyOf: ({ queue, name, reason, like }) => JSON.stringify([queue, name, reason, like]),
    label: "Dead tasks by cause",
    empty:
      html`<p>No dead tasks. A task whose last attempt failed, or that crashed too many workers,
      is kept here with its payload and error until you release or discard it.</p>`,
    ask,
  });
}

function groupHref({ queue, name, reason, like }: DeadGroup): string {
  const query = queryOf({ states: [], payload: [], queue, name, like, ...reason && { reason } });
  return `dlq/group?${query}`;
}

function summary(
  { tasks, next, total }: Search,
  group: DeadGroup | undefined,
  ask: RequestContext,
): Html {
  if (group === undefined) {
    return html`<p class="empty">No task of this group is dead any more.</p>`;
  }
  const died = tasks.map(({ at, enqueuedAt }) => at ?? enqueuedAt).sort((a, b) => +a - +b);
  return html`
    <div class="figures">${figure(
      "dead",
      next === null ? count(tasks.length) : `${count(tasks.length)}+`,
      { tone: "bad" },
    )}${figure("first died", agoText(died[0]!, ask.now))}${figure(
      "last died",
      agoText(died.at(-1)!, ask.now),
    )}</div>
    <p class="sum"><bdi>${group.why}</bdi>; from ${clock(died[0]!)} to ${clock(
      died.at(-1)!,
    )}${next !== null &&
      `; only the last ${count(mostDead)} of ${count(total)} dead tasks are grouped`}</p>
  `;
}

function agoText(date: Date, now: number): string {
  return `${spanOf(Math.max(0, now - date.getTime()))} ago`;
}
