/**
 * The pages of dead tasks: grouped by the cause of death, and one group with its actions.
 *
 * @module
 */

import type { DeadGroup } from "../../../core/console/dead_groups.ts";
import { shortId } from "../../../core/console/ids.ts";
import { count, plural, spanOf } from "../../../core/console/format.ts";
import { canaryPart } from "../actions/canary.ts";
import { deadLetterButtons, exportHref } from "../actions/dead_letter_actions.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import type { Page, RequestContext } from "../page.ts";
import { clock, type Column, figure, moment, number, table } from "../ui/components.ts";
import { filterOf, queryOf, type TaskFilter } from "./task_filter.ts";
import { hrefOf, taskTable } from "./task_table.ts";
import { exportCommand } from "../actions/cli_equivalent.ts";
import { deadOf, type DeadTasks, mostDead, restMs } from "./dead_tasks.ts";
import { bulk } from "./tasks.ts";

const mostGroups = 200;
const perPage = 50;

/** The page of all groups. */
export const dlq: Page = {
  path: "/dlq",
  nav: { label: "Dead letters", key: "d", icon: "dead" },
  async view(ask) {
    const filter = deadFilter(ask.query);
    const look = await ask.snapshot();
    const found = await deadOf(ask, look, filter);
    const { groups } = found;
    const list = part(
      "groups",
      html`${groupTable(groups.slice(0, mostGroups), ask)}<p class="sum foot">${
        plural(groups.length, "group")
      } of ${plural(found.tasks.length, "dead task")}${
        found.next !== null &&
        `; only the last ${count(found.examined)} of ${count(found.total)} are grouped`
      }${countedWhen(found, ask)}</p>`,
    );
    const { queue, error } = filter;
    return {
      title: queue === undefined ? "Dead letters" : `Dead letters of ${queue}`,
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
    const [group] = found.groups;
    const shown = found.tasks.slice(0, perPage);
    const parts = [
      part("group", summary(found, ask)),
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
      is kept here with its payload and error until you release or delete it.</p>`,
    ask,
  });
}

function groupHref({ queue, name, reason, like }: DeadGroup): string {
  const query = queryOf({ states: [], payload: [], queue, name, like, ...reason && { reason } });
  return `dlq/group?${query}`;
}

function summary(dead: DeadTasks, ask: RequestContext): Html {
  const { tasks, groups, next, total } = dead;
  const [group] = groups;
  if (group === undefined) {
    return html`<p class="empty">No task of this group is dead any more.</p>`;
  }
  const first = groups.reduce((time, each) => each.first < time ? each.first : time, group.first);
  const last = groups.reduce((time, each) => each.last > time ? each.last : time, group.last);
  return html`
    <div class="figures">${figure(
      "dead",
      next === null ? count(tasks.length) : `${count(tasks.length)}+`,
      { tone: "bad" },
    )}${figure("first died", agoText(first, ask.now))}${figure(
      "last died",
      agoText(last, ask.now),
    )}</div>
    <p class="sum"><bdi>${group.why}</bdi>; from ${clock(first)} to ${clock(last)}${next !== null &&
      `; only the last ${count(mostDead)} of ${count(total)} dead tasks are grouped`}${countedWhen(
        dead,
        ask,
      )}</p>
  `;
}

/** The age of numbers that are counted in the background. */
function countedWhen({ at }: DeadTasks, { now }: RequestContext): Value {
  return now - at > restMs && `; counted ${agoText(new Date(at), now)}`;
}

function agoText(date: Date, now: number): string {
  return `${spanOf(Math.max(0, now - date.getTime()))} ago`;
}
