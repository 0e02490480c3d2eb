/**
 * The table of tasks.
 *
 * @module
 */

import type { TaskState, TaskSummary } from "../../../mod.ts";
import { errorOf, shownError } from "../../../core/console/filter.ts";
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

/** The options of a table of tasks. */
interface TaskTableOptions {
  /** The id of a form: each row has a checkbox of it. */
  readonly form?: string;
  /** The text in place of a table without rows. */
  readonly empty: Value;
}

/** A table of tasks. */
export function taskTable(
  ask: RequestContext,
  rows: readonly TaskSummary[],
  look: Snapshot,
  { form, empty }: TaskTableOptions,
): Html {
  const workers = new Map(look.workers.map((each) => [each.id, workerName(each)]));
  const columns: Column<TaskSummary>[] = [
    { title: "task", sort: ({ name }) => name, of: taskLink },
    { title: "state", sort: ({ state }) => state, of: stateBadge },
    {
      title: "queue",
      sort: ({ queue }) => queue,
      of: ({ queue }) => html`<a href="queues/${encodeURIComponent(queue)}">${queue}</a>`,
    },
    {
      title: "worker",
      wide: true,
      sort: ({ worker }) => workers.get(worker ?? "") ?? worker ?? "",
      of: ({ worker }) => workerLink(worker, workers),
    },
    { title: "attempt", number: true, sort: ({ attempt }) => attempt, of: triesOf },
    {
      title: "pushed",
      number: true,
      sort: ({ enqueuedAt }) => enqueuedAt.getTime(),
      of: ({ enqueuedAt }) => moment(enqueuedAt, ask.now),
    },
    {
      title: "since",
      number: true,
      wide: true,
      sort: ({ at, since }) => (since ?? at)?.getTime() ?? 0,
      of: (task) => when(task, ask.now),
    },
    { title: "error or progress", rest: true, sort: shownError, of: (task) => aboutOf(ask, task) },
  ];
  if (form !== undefined && ask.may("operator")) {
    columns.unshift({
      title: "",
      head:
        html`<input type="checkbox" id="select-all" hidden aria-label="Select all tasks on this page">`,
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
    empty,
    ask,
    stateOf: ({ state }) => state,
    steady: true,
  });
}

function taskLink({ id, name }: TaskSummary): Html {
  return html`
    <a href="${hrefOf(id)}"
      title="${id}"><b><bdi>${name || "(unreadable)"}</bdi></b> <span class="dim mono">${shortId(
        id,
      )}</span></a>
  `;
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
  return html`<bdi class="dim" title="${errorOf(task).slice(0, 500)}">${
    shownError(task).slice(0, 300)
  }</bdi>`;
}
