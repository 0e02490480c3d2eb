/**
 * The confirmation of a bulk action: how many tasks it affects, and three of them.
 *
 * @module
 */

import type { TaskSummary } from "../../../mod.ts";
import { inspectTask } from "../../../core/console/filter_payload.ts";
import { count, plural } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import { type FormFields, InvalidForm, type RequestContext } from "../page.ts";
import { isNarrow, type TaskFilter } from "../pages/task_filter.ts";
import { perRound, questionOf, statesOf, type TaskActionKind } from "./task_action_list.ts";
import { search } from "../pages/task_search.ts";

/** A question, its details, and the fields that the answer must send. */
export interface Question {
  readonly question: string;
  readonly about: Html;
  readonly fields: FormFields;
}

/** The question for selected tasks. */
export async function chosen(
  { rl }: RequestContext,
  kind: TaskActionKind,
  ids: readonly string[],
): Promise<Question> {
  const some = await Promise.all(ids.slice(0, 3).map((id) => inspectTask(rl, id)));
  return {
    question: questionOf(kind, plural(ids.length, "task")),
    about: samplesOf(some.filter((task) => task !== undefined)),
    fields: {},
  };
}

function samplesOf(tasks: readonly TaskSummary[]): Html {
  return html`<ul class="samples">${
    tasks.map(({ id, name, state, error }) =>
      html`<li><span class="mono">${id}</span> <b>${name || "(unreadable)"}</b> ${state}${
        error && html`
          <bdi class="dim">${`${error.name}: ${error.message}`.slice(0, 120)}</bdi>
        `
      }</li>`
    )
  }</ul>`;
}

/** The question for all tasks of a filter. */
export async function preview(
  ask: RequestContext,
  kind: TaskActionKind,
  filter: TaskFilter,
): Promise<Question> {
  const until = Date.now();
  const states = statesOf(kind, filter);
  const { tasks, next, examined, total } = await search(ask, filter, { states, limit: 3, until });
  if (tasks.length === 0 && next === null) throw new InvalidForm("No task matches any more");
  const exact = next === null ? tasks.length : isNarrow(filter) ? undefined : total;
  const question = questionOf(
    kind,
    exact === undefined ? "all matching tasks" : plural(exact, "task"),
  );
  const atLeast = exact === undefined
    ? `At least ${plural(tasks.length, "task")} of the first ${count(examined)} of ${
      count(total)
    }. `
    : "";
  const pieces = exact === undefined || exact > perRound
    ? ` It runs in rounds of at most ${count(perRound)}, and can be stopped between them.`
    : "";
  const about = html`<p>${atLeast}Tasks pushed from now on are not affected.${pieces}</p>${
    samplesOf(tasks.slice(0, 3))
  }`;
  return { question, about, fields: { until: String(until) } };
}
