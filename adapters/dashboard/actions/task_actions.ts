/**
 * Actions on tasks: on selected ones, or on all that match a filter, in rounds of one
 * request each.
 *
 * @module
 */

import type { TaskState } from "../../../mod.ts";
import { isFullId } from "../../../core/console/ids.ts";
import { applyToTasks } from "../../../core/console/filter_search.ts";
import { count, plural } from "../../../core/console/format.ts";
import { confirmation, hidden, returnPath } from "./perform.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html } from "../ui/html.ts";
import {
  type Action,
  type ActionResult,
  type FormFields,
  InvalidForm,
  type RequestContext,
} from "../page.ts";
import { shellWord } from "../ui/components.ts";
import { commandFor } from "./cli_equivalent.ts";
import { chosen, preview } from "./confirm.ts";
import { filterOf, targetOf, type TaskFilter } from "../pages/task_filter.ts";
import {
  perRound,
  questionOf,
  statesOf,
  type TaskActionKind,
  taskActionKinds,
} from "./task_action_list.ts";
import { search } from "../pages/task_search.ts";

/** The target of a form. */
type Meant = { readonly ids: readonly string[] } | { readonly filter: TaskFilter };

function meant(fields: FormFields): Meant {
  if (fields["scope"] === "all") {
    const { filter } = fields;
    // An empty filter means all tasks; an absent one is a mistake.
    if (filter === undefined) throw new InvalidForm('The field "filter" is missing');
    return { filter: filterOf(new URLSearchParams(filter)) };
  }
  const ids = [...new Set((fields["id"] ?? "").split(",").filter(Boolean))];
  if (ids.length === 0) {
    throw new InvalidForm("No task is selected: select tasks, or choose all matching tasks");
  }
  if (!ids.every((id) => isFullId(id))) throw new InvalidForm("A task id is not valid");
  return { ids };
}

function actOf(kind: TaskActionKind): Action {
  const act: Action = {
    name: `tasks.${kind.verb}`,
    role: kind.role,
    target(fields) {
      const these = meant(fields);
      if ("filter" in these) return `all with ${targetOf(these.filter)}`;
      const [first, ...more] = these.ids;
      return more.length === 0 ? first! : `${first} and ${plural(more.length, "other task")}`;
    },
    command(fields) {
      const these = meant(fields);
      const isOver = /^(completed|cancelled)$/.test(fields["state"] ?? "");
      return "ids" in these
        ? kind.verb === "discard" && isOver
          ? `rl tasks purge ${these.ids.map(shellWord).join(" ")}`
          : `${lines[kind.verb]} ${these.ids.map(shellWord).join(" ")}`
        : commandFor(kind.verb, these.filter, statesOf(kind, these.filter));
    },
    question(fields) {
      if (fields["scope"] === "all") return undefined;
      return questionOf(kind, plural((fields["id"] ?? "").split(",").length, "task"));
    },
    async preview(ask, fields) {
      if (fields["sure"] === "yes") return undefined;
      const these = meant(fields);
      const { question, about, fields: more } = "ids" in these
        ? await chosen(ask, kind, these.ids)
        : await preview(ask, kind, these.filter);
      return confirmation(act, { ...fields, ...more }, question, about);
    },
    async run(ask, fields) {
      const these = meant(fields);
      return "ids" in these
        ? await actOnIds(ask, kind, these.ids)
        : await round(ask, act, kind, these.filter, fields);
    },
  };
  return act;
}

/** The commands that take ids. */
const lines: Readonly<Record<TaskActionKind["verb"], string>> = {
  cancel: "rl tasks cancel",
  run: "rl tasks retry",
  release: "rl dlq release",
  discard: "rl dlq delete",
};

async function actOnIds(
  ask: RequestContext,
  kind: TaskActionKind,
  ids: readonly string[],
): Promise<ActionResult> {
  const deed = kind.deed(ask.rl, kind.states, ask.user.name);
  const { done, missed } = await applyToTasks(ask.rl, ids, undefined, deed);
  if (done > 0 || ids.length > 1) return said(kind, done, missed.length);
  throw new InvalidForm(
    `Task ${ids[0]} was not ${kind.done}: it is in another state, or no longer exists.`,
  );
}

function said({ done: word }: TaskActionKind, done: number, missed: number): string {
  const others = missed > 0 ? ` ${plural(missed, "task")} had changed state in the meantime.` : "";
  return `${plural(done, "task")} ${word}.${others}`;
}

/** Acts on the next round of matching tasks; returns the total, or shows the progress. */
async function round(
  ask: RequestContext,
  act: Action,
  kind: TaskActionKind,
  filter: TaskFilter,
  fields: FormFields,
): Promise<ActionResult> {
  const states = statesOf(kind, filter);
  const numberIn = (name: string): number => {
    const n = Number(fields[name] ?? 0);
    return Number.isSafeInteger(n) && n >= 0 ? n : 0;
  };
  const until = numberIn("until") || Date.now();
  const cursor = fields["cursor"];
  const found = await search(ask, filter, {
    states,
    limit: perRound,
    until,
    ...(cursor && { cursor }),
  });
  const ids = found.tasks.map(({ id }) => id);
  const deed = kind.deed(ask.rl, states, ask.user.name);
  const { done, missed } = await applyToTasks(ask.rl, ids, undefined, deed);
  const sofar = {
    done: numberIn("done") + done,
    missed: numberIn("missed") + missed.length,
    looked: numberIn("looked") + found.examined,
  };
  if (found.next === null) return said(kind, sofar.done, sofar.missed);
  const all = numberIn("all") || found.total;
  const next = {
    ...fields,
    ...Object.fromEntries(Object.entries(sofar).map(([name, n]) => [name, String(n)])),
    all: String(all),
    until: String(until),
    cursor: found.next,
  };
  return { shown: progress(act, kind, sofar, all, next) };
}

function progress(
  act: Action,
  kind: TaskActionKind,
  { done, missed, looked }: Readonly<Record<"done" | "missed" | "looked", number>>,
  all: number,
  next: FormFields,
): Html {
  const rest = Math.max(0, all - looked);
  return html`
    <section class="panel confirm">
      <h1>${count(done)} ${kind.done}</h1>
      ${gauge(Math.min(looked, all), all, `${count(looked)} of ${count(all)} examined`)}
      <p>${count(looked)} of ${count(all)} examined, ${plural(missed, "task")} skipped because their
        state had changed; about ${count(rest)} are left. Stopping undoes nothing.</p>
      <form method="post" action="act/${act.name}" data-go-on>${hidden(next)}
        <div class="buttons"><a class="button" href="${returnPath(next)}">Stop</a>
        <button class="danger">Continue</button></div></form>
    </section>
  `;
}

/** The actions. */
export const taskActions: readonly Action[] = taskActionKinds.map(actOf);

/** The action for `verb`. */
export function taskAction(verb: TaskActionKind["verb"]): Action {
  return taskActions.find(({ name }) => name === `tasks.${verb}`)!;
}

/** An action with its label, and the states it applies to. */
export interface OfferedAction {
  readonly act: Action;
  readonly label: string;
  readonly states: readonly TaskState[];
}

/** The actions for tasks in `asked` states. */
export function actionsFor(asked: readonly TaskState[]): readonly OfferedAction[] {
  return taskActionKinds.filter(({ states }) => states.some((state) => asked.includes(state)))
    .map(({ verb, label, states }) => ({ act: taskAction(verb), label, states }));
}
