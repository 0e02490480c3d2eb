/**
 * The pages of task types: how often each runs, fails and how long it takes, and one type
 * with its charts.
 *
 * @module
 */

import { historyRanges } from "../../../core/console/history.ts";
import type { TaskType } from "../../../core/console/task_types.ts";
import { shortError } from "../../../core/console/filter.ts";
import { brief, count, plural } from "../../../core/console/format.ts";
import { type Html, html, part, type Value } from "../ui/html.ts";
import { type Page, PageNotFound, type RequestContext } from "../page.ts";
import { beneath, type Column, figure, lasting, moment, number, table } from "../ui/components.ts";
import { firstTask } from "../ui/first_run.ts";
import { historyCharts, rangeOf, rangePicker } from "./history_charts.ts";

/** The page of all types. */
export const taskTypesPage: Page = {
  path: "/types",
  nav: { label: "Task types", key: "y", icon: "types" },
  async view(ask) {
    const range = rangeOf(ask.query, "24h");
    const types = await typesIn(ask);
    const list = part("types", typeTable(types, ask));
    return {
      title: "Task types",
      body: html`<div class="headline"><h1>Task types</h1>${
        rangePicker(ask, historyRanges, range)
      }</div>${list.html}`,
      live: [list],
    };
  },
};

/** The page of one type. */
export const taskTypePage: Page = {
  path: "/types/:name",
  async view(ask) {
    const name = ask.params["name"] ?? "";
    const found = (await typesIn(ask)).find((each) => each.name === name);
    if (!found) throw new PageNotFound("No worker has reported a task of this name in 30 days");
    const parts = [
      part("type", summary(found, ask)),
      await historyCharts(ask, { name }),
    ] as const;
    const [head, charts] = parts;
    return {
      title: `Task type ${name}`,
      body: html`<p class="crumbs"><a href="types">Task types</a> /</p><h1><bdi>${name}</bdi></h1>
        ${head.html}${charts.html}<p><a class="button" href="tasks?name=${
        encodeURIComponent(name)
      }">Open and dead tasks</a> <a class="button" href="tasks?state=completed&amp;name=${
        encodeURIComponent(name)
      }">Completed tasks</a></p>`,
      live: parts,
    };
  },
};

async function typesIn(ask: RequestContext): Promise<readonly TaskType[]> {
  const range = rangeOf(ask.query, "24h");
  return await ask.taskTypes({ range: range === "live" ? "15m" : range });
}

function typeTable(types: readonly TaskType[], ask: RequestContext): Html {
  const counted = (title: string, of: (type: TaskType) => number, tone?: "bad" | "warn") => ({
    title,
    number: true as const,
    sort: of,
    of: (type: TaskType) => number(of(type), tone),
  });
  const time = (title: string, key: "p50" | "p95" | "max", wide = false) => ({
    title,
    number: true as const,
    ...wide && { wide: true as const },
    sort: ({ run }: TaskType) => run[key] ?? 0,
    of: ({ run }: TaskType) => lasting(run[key]),
  });
  const columns: Column<TaskType>[] = [
    { title: "task", sort: ({ name }) => name ?? "~", of: typeLink },
    counted("done", ({ done }) => done),
    counted("failed", ({ failed }) => failed),
    {
      title: "failure rate",
      number: true,
      sort: ({ failureRate }) => failureRate ?? -1,
      of: ({ failureRate }) => percentOf(failureRate),
    },
    counted("dead", ({ dead }) => dead, "bad"),
    { ...counted("resurrected", ({ resurrected }) => resurrected, "warn"), wide: true },
    time("p50", "p50", true),
    time("p95", "p95"),
    time("max", "max", true),
    {
      title: "queues",
      wide: true,
      of: ({ queues }) =>
        queues.slice(0, 3).map((name, i) =>
          html`${i > 0 && ", "}<a href="queues/${encodeURIComponent(name)}">${name}</a>`
        ),
    },
    { title: "last error", rest: true, of: (type) => lastError(type, ask) },
  ];
  return table(types, columns, {
    keyOf: ({ name }) => name ?? "",
    label: "Task types",
    empty: firstTask("No task has run yet. Workers report each type within a minute."),
    ask,
  });
}

function typeLink({ name }: TaskType): Html {
  return name === null
    ? html`<span class="dim" title="A queue counts 32 names; these tasks have others">other</span>`
    : html`<a href="types/${encodeURIComponent(name)}"><b><bdi>${name}</bdi></b></a>`;
}

function percentOf(rate: number | null): Value {
  if (rate === null) return html`<span class="dim">—</span>`;
  const percent = rate * 100;
  const text = `${percent >= 10 || percent === 0 ? Math.round(percent) : percent.toFixed(1)}%`;
  return rate === 0
    ? html`<span class="dim">${text}</span>`
    : rate >= 0.1
    ? html`<span class="tone-bad">${text}</span>`
    : text;
}

function lastError({ lastError }: TaskType, ask: RequestContext): Value {
  if (lastError === null) return false;
  const text = shortError(lastError);
  return html`<bdi class="dim" title="${text.slice(0, 500)}">${
    moment(new Date(lastError.at), ask.now)
  } · ${text.slice(0, 300)}</bdi>`;
}

function summary(type: TaskType, ask: RequestContext): Html {
  const { name, done, failed, dead, resurrected, run, wait, queues } = type;
  const of = encodeURIComponent(name ?? "");
  return html`
    <div
      class="figures">${figure("done", brief(done))}${figure("failed attempts", brief(failed), {
        trend: beneath(`${rateText(type)} of all`),
      })}${figure("dead", brief(dead), {
        tone: dead > 0 ? "bad" : undefined,
        href: `dlq?name=${of}`,
      })}${figure("resurrected", brief(resurrected), {
        tone: resurrected > 0 ? "warn" : undefined,
      })}${figure("run p50", lasting(run.p50))}${figure("run p95", lasting(run.p95), {
        trend: beneath(`max ${lasting(run.max)}`),
      })}${figure("wait p95", lasting(wait.p95), {
        trend: beneath(`max ${lasting(wait.max)}`),
      })}</div><p
      class="sum">In ${plural(queues.length, "queue")}: ${queues.map((queue, i) =>
        html`${i > 0 && ", "}<a href="queues/${encodeURIComponent(queue)}">${queue}</a>`
      )}; ${count(run.count)} runs measured.</p>${type.lastError !== null &&
        html`<p class="note warn"><b>Last error</b>, ${
          moment(new Date(type.lastError.at), ask.now)
        }: <bdi>${type.lastError.name}: ${type.lastError.message.slice(0, 500)}</bdi></p>`}
  `;
}

function rateText({ failureRate }: TaskType): string {
  return failureRate === null ? "—" : `${(failureRate * 100).toFixed(1)}%`;
}
