/**
 * The table of tasks.
 *
 * @module
 */

import type { TaskState, TaskSummary } from "../../../mod.ts";
import { errorOf } from "../../../core/console/filter.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import { shortId } from "../../../core/console/ids.ts";
import { triesOf } from "../../../core/console/timeline.ts";
import { spanOf } from "../../../core/console/format.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html, type Value } from "../ui/html.ts";
import type { Snapshot } from "../live/snapshot.ts";
import type { RequestContext } from "../page.ts";
import { badge, type Column, moment, table, type Tone } from "../ui/components.ts";

const tones: Readonly<Record<TaskState, Tone>> = {
  scheduled: "quiet",
  ready: "quiet",
  running: "busy",
  quarantined: "warn",
  completed: "good",
  dead: "bad",
  cancelled: "quiet",
};

/** The state of a task, or `resurrected` or `retrying`. */
export function stateBadge({ state, attempt, resurrections }: TaskSummary): Html {
  if (state === "running" && resurrections > 0) return badge("resurrected", "lost");
  if (state === "scheduled" && attempt > 1) return badge("retrying", "warn");
  return badge(state, tones[state]);
}

/** A table of tasks; with the `id` of a form, each row has a checkbox of that form. */
export function taskTable(
  ask: RequestContext,
  rows: readonly TaskSummary[],
  look: Snapshot,
  form?: string,
): Html {
  const workers = new Map(look.workers.map((each) => [each.id, workerName(each)]));
  const columns: Column<TaskSummary>[] = [
    {
      title: "task",
      of: ({ id, name }) =>
        html`
          <span
            class="nowrap"><a href="${hrefOf(id)}"><b><bdi>${name ||
              "(unreadable)"}</bdi></b></a> <a class="dim mono" href="${hrefOf(id)}"
            title="${id}">${shortId(id)}</a></span>
        `,
    },
    { title: "state", of: stateBadge },
    {
      title: "queue",
      wide: true,
      of: ({ queue }) => html`<a href="queues/${encodeURIComponent(queue)}">${queue}</a>`,
    },
    { title: "worker", wide: true, of: ({ worker }) => workerLink(worker, workers) },
    { title: "attempt", number: true, of: triesOf },
    { title: "pushed", number: true, of: ({ enqueuedAt }) => moment(enqueuedAt, ask.now) },
    { title: "when", number: true, wide: true, of: (task) => when(task, ask.now) },
    { title: "", of: (task) => aboutOf(ask, task) },
  ];
  if (form !== undefined && ask.may("operator")) {
    columns.unshift({
      title: "",
      of: ({ id }) =>
        html`
          <input type="checkbox" form="${form}" name="id" value="${id}"
            aria-label="Select ${shortId(id)}">
        `,
    });
  }
  return table(rows, columns, {
    keyOf: ({ id }) => id,
    label: "Tasks",
    empty: "No task matches.",
  });
}

/** The link to a task. */
export function hrefOf(id: string): string {
  return `tasks/${encodeURIComponent(id)}`;
}

/** A link to a worker, by its name. */
export function workerLink(id: string | null, names: ReadonlyMap<string, string>): Value {
  if (id === null || id === "") return html`<span class="dim">—</span>`;
  const name = names.get(id);
  return name === undefined
    ? html`<span class="dim mono" title="${id}">${id.slice(0, 9)}</span>`
    : html`<a href="workers#${id}">${name}</a>`;
}

/** The time a task has run, is due or died. */
function when({ state, since, at }: TaskSummary, now: number): Value {
  if (state === "running") return since && `for ${spanOf(Math.max(0, now - since.getTime()))}`;
  if (state === "dead") return at && html`died ${moment(at, now)}`;
  if (state === "ready" || at === null) return html`<span class="dim">—</span>`;
  if (state === "completed" || state === "cancelled") return html`expires ${moment(at, now)}`;
  return at.getTime() <= now ? "due" : html`due ${moment(at, now)}`;
}

/** The progress of a task, or its error. */
function aboutOf(ask: RequestContext, task: TaskSummary): Value {
  const { state, progress, remark, error, reason } = task;
  if (state === "running" && progress !== null) {
    const percent = `${Math.round(progress)}%`;
    return html`<span class="slots">${
      gauge(progress, 100, percent)
    }<span class="number">${percent}</span>${
      ask.showsPayloads && remark && html`<bdi class="dim cut">${remark.slice(0, 80)}</bdi>`
    }</span>`;
  }
  if (state === "completed" || (error === null && reason === null)) return false;
  return html`<bdi class="cut dim" title="${errorOf(task).slice(0, 500)}">${
    errorOf(task).slice(0, 160)
  }</bdi>`;
}
