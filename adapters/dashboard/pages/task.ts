/**
 * The page of one task: its state and the reason for it, its timeline and its contents.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import { explain } from "../../../core/console/explain.ts";
import { workerName } from "../../../core/console/worker_list.ts";
import { isFullId, queueOf } from "../../../core/console/ids.ts";
import { type TaskSnapshot, taskSnapshot } from "../../../core/console/task_snapshot.ts";
import { countersOf } from "../../../core/console/timeline.ts";
import { gauge } from "../ui/chart.ts";
import { type Html, html, part } from "../ui/html.ts";
import { type Page, PageNotFound, type RequestContext } from "../page.ts";
import { button, clock, moment, section } from "../ui/components.ts";
import { actionsFor } from "../actions/task_actions.ts";
import { contents, outcome, stepResults } from "./task_contents.ts";
import { editForm } from "../actions/edit_payload.ts";
import { runAgainButton } from "../actions/run_again.ts";
import { attemptList } from "./task_attempts.ts";
import { stateBadge } from "./task_table.ts";

/** The page. */
export const task: Page = {
  path: "/tasks/:id",
  async view(ask) {
    const id = ask.params["id"] ?? "";
    if (!isFullId(id)) throw new PageNotFound("The task id is not valid");
    const [look, found] = await Promise.all([ask.snapshot(), taskSnapshot(ask.rl, id, false)]);
    const queue = look.queues.find(({ name }) => name === queueOf(id));
    const situation: TaskSnapshot = { ...found, claimsPerSecond: queue?.pace?.done ?? null };
    const { task } = situation;
    const workers = new Map(look.workers.map((each) => [each.id, workerName(each)]));
    const parts = [
      part("head", head(task, ask)),
      part("why", why(situation)),
      part("attempts", attemptList(task, workers, ask)),
      part("steps", stepResults(task, ask)),
      part("outcome", outcome(task, ask)),
    ] as const;
    const [top, reasons, attempts, steps, result] = parts;
    const name = task.name || "(unreadable)";
    return {
      title: `Task ${name} ${id.slice(-22, -12)}`,
      body: html`
        <p
          class="crumbs"><a href="tasks">Tasks</a> /</p><h1><bdi>${name}</bdi></h1>${top
            .html}${editForm(ask, task)}${reasons.html}${attempts.html}${contents(task, ask)}${steps
            .html}${result.html}
      `,
      live: parts,
    };
  },
};

function head(task: TaskDetails, ask: RequestContext): Html {
  const { id, facts, queue, state, progress, remark, enqueuedAt, headers } = task;
  const trace = headers["traceparent"]?.split("-")[1];
  const fact = (label: string, value: Html | string | undefined | false): Html | false =>
    value !== undefined && value !== false && value !== "" &&
    html`
      <div>
        <dt>${label}</dt>
        <dd>${value}</dd>
      </div>
    `;
  const again = task.state === "dead" && ask.may("operator") && ask.showsPayloads &&
    task.payload !== undefined && !ask.query.has("edit");
  const acts = actionsFor([state]).map(({ act, label }) =>
    button(
      ask,
      act,
      { id, state },
      label,
      act.role === "admin" || label === "Cancel" ? "danger" : "plain",
    )
  );
  acts.push(runAgainButton(ask, task));
  return html`
    <div
      class="panel task"><p>${stateBadge(
        task,
      )}<code class="mono" data-copy="${id}" title="copy">${id}</code></p>
        <dl class="facts">${fact(
          "queue",
          html`<a href="queues/${encodeURIComponent(queue)}">${queue}</a>`,
        )}${fact(
          "pushed",
          html`${moment(enqueuedAt, ask.now)} <span class="dim wide">${clock(enqueuedAt)}</span>`,
        )}${fact(
          "attempt",
          `${task.attempt}${countersOf(facts)}`,
        )}${fact("priority", facts["priority"])}${fact("tenant", facts["tenant"])}${fact(
          "payload version",
          (task.taskVersion ?? 1) > 1 && String(task.taskVersion),
        )}${fact(
          "trace",
          trace &&
            html`<code class="mono" data-copy="${trace.slice(0, 64)}" title="copy">${
              trace.slice(0, 64)
            }</code>`,
        )}</dl>${state === "running" && progress !== null &&
          html`<p class="slots progress">${gauge(progress, 100, `${Math.round(progress)}%`)}<b>${
            Math.round(progress)
          }%</b>${
            ask.showsPayloads && remark && html`<bdi class="dim">${remark.slice(0, 300)}</bdi>`
          }</p>`}${acts.some(Boolean) &&
          html`<div class="acts">${acts}${
            again &&
            html`<a class="button" href="tasks/${
              encodeURIComponent(id)
            }?edit=1">Edit and release</a>`
          }</div>`}</div>
  `;
}

function why(situation: TaskSnapshot): Html {
  return section(
    "Why",
    html`<ul class="because">${
      explain(situation).map(({ text }) => html`<li><bdi>${text}</bdi></li>`)
    }</ul>`,
    html`<code data-copy="rl why ${situation.task.id}" title="copy">rl why</code>`,
  );
}
