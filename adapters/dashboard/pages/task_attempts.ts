/**
 * The life of a task as one list: each attempt with its worker, its times, its end and its
 * error, between the push and what comes next.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import { type AttemptReport, attemptsOf } from "../../../core/console/attempts.ts";
import { isLoss } from "../../../core/console/timeline.ts";
import { spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import { badge, clock, moment, section, type Tone } from "../ui/components.ts";
import type { RequestContext } from "../page.ts";
import { workerLink } from "./task_table.ts";

type Names = ReadonlyMap<string, string>;

/** The attempts that the engine keeps. */
const kept = 10;

/** The list. */
export function attemptList(task: TaskDetails, workers: Names, ask: RequestContext): Html {
  const attempts = attemptsOf(task);
  const { enqueuedAt } = task;
  const begin = enqueuedAt.getTime();
  const end = Math.max(begin + 1, ...attempts.map((each) => each.end?.getTime() ?? ask.now));
  // The engine keeps the last ten: earlier ones are known by their number only.
  const missing = attempts.length < kept ? 0 : Math.max(0, task.attempt - attempts.length);
  const stored = placeOfError(task, attempts);
  const items = attempts.map((attempt, i) => {
    const before = attempts[i - 1]?.end ?? enqueuedAt;
    return html`<li>${line(attempt, i + 1 + missing, before, workers, ask)}${
      stretches(attempt, before.getTime(), begin, end, ask.now)
    }${
      i === stored ? errorOf(task, attempt, ask) : attempt.error && errorLine(attempt.error, 300)
    }${ask.showsPayloads && logOf(attempt)}</li>`;
  });
  return section(
    "Attempts",
    html`
      <ol
        class="attempts"><li><p><b>pushed</b><span>${clock(
          enqueuedAt,
        )}</span><span class="dim">to queue ${task.queue}</span></p></li>${items}${next(
          task,
          ask,
        )}</ol>
    `,
    attempts.length >= kept && `the last ${kept}`,
  );
}

function line(
  attempt: AttemptReport,
  n: number,
  before: Date,
  workers: Names,
  { now }: RequestContext,
): Html {
  const { worker, start, end, text } = attempt;
  const [word, tone] = endOf(attempt);
  const ran = spanOf(Math.max(0, (end?.getTime() ?? now) - start.getTime()));
  const waited = spanOf(Math.max(0, start.getTime() - before.getTime()));
  return html`<p><b>#${n}</b>${badge(word, tone)}<span>${workerLink(worker, workers)}</span><span
    class="number" title="${start.toISOString()}">${end ? `ran ${ran}` : `for ${ran}`}</span><span
    class="dim">waited ${waited}</span>${
    end && word !== text && html`<bdi class="dim">${text}</bdi>`
  }</p>`;
}

const endings: Readonly<Record<string, readonly [word: string, tone: Tone]>> = {
  "completed": ["completed", "good"],
  "completed late": ["completed", "good"],
  "running": ["running", "busy"],
  "timeout": ["timed out", "bad"],
  "retry": ["put off", "warn"],
  "drain": ["handed off", "quiet"],
  "connection": ["handed off", "quiet"],
  "cancelled": ["cancelled", "quiet"],
  "lost claim": ["not started", "quiet"],
};

function endOf({ how }: AttemptReport): readonly [word: string, tone: Tone] {
  if (isLoss({ how })) return ["lost", "lost"];
  if (Object.hasOwn(endings, how)) return endings[how]!;
  return /worker/.test(how) ? ["put off", "warn"] : ["failed", "bad"];
}

/** The wait and the run of an attempt, on the scale of the whole life. */
function stretches(
  { start, end: over }: AttemptReport,
  before: number,
  begin: number,
  end: number,
  now: number,
): Html {
  const unit = 1000 / (end - begin);
  const bar = (kind: string, from: number, to: number): Html => {
    const x = Math.round((from - begin) * unit);
    const width = Math.max(4, Math.round((to - from) * unit));
    return html`<rect class="${kind}" x="${
      Math.max(0, Math.min(x, 1000 - width))
    }" width="${width}" height="10"></rect>`;
  };
  return html`
    <svg class="stretch run" viewBox="0 0 1000 10" preserveAspectRatio="none"
      aria-hidden="true">${bar("wait", before, start.getTime())}${bar(
        "runs",
        start.getTime(),
        over?.getTime() ?? now,
      )}</svg>
  `;
}

/** The attempt beside which the stored error stands: the last one that failed with it, or the last one. */
function placeOfError({ error }: TaskDetails, attempts: readonly AttemptReport[]): number {
  if (error === null) return -1;
  const failed = attempts.findLastIndex(({ error }) => error !== undefined);
  return attempts[failed]?.error?.name === error.name ? failed : attempts.length - 1;
}

function errorLine(
  { name, message }: { readonly name: string; readonly message: string },
  most: number,
): Html {
  return html`<p class="tone-bad error"><bdi><b>${name}</b>: ${message.slice(0, most)}</bdi></p>`;
}

/** The last lines of the handler; only some users may see them, since they may show a payload. */
function logOf({ log = [] }: AttemptReport): Html | false {
  return log.length > 0 && html`<pre class="log" tabindex="0">${log.join("\n")}</pre>`;
}

/** The stored error, which is that of the last failure; only some users may see its stack. */
function errorOf(
  { error, state }: TaskDetails,
  attempt: AttemptReport,
  ask: RequestContext,
): Html | false {
  if (error === null || state === "completed" || state === "cancelled") return false;
  const frames = error.stack.split("\n").slice(1).map((line) => line.trim()).join("\n");
  const isOlder = attempt.end === null || isLoss(attempt);
  return html`<p class="tone-bad error">${
    isOlder && html`<span class="dim">the last error: </span>`
  }<bdi><b>${error.name}</b>: ${error.message.slice(0, 2000)}</bdi></p>${
    ask.showsPayloads && frames !== "" &&
    html`
      <details id="stack">
        <summary>Stack</summary>
        <pre tabindex="0">${frames.slice(0, 8000)}</pre>
      </details>
    `
  }`;
}

const nextWords: Readonly<Record<TaskDetails["state"], string>> = {
  scheduled: "due",
  quarantined: "due",
  ready: "waits for a worker",
  running: "lease until",
  completed: "kept until",
  cancelled: "kept until",
  dead: "died",
};

function next({ state, at, reason }: TaskDetails, { now }: RequestContext): Html {
  return html`
    <li>
      <p><b>${nextWords[state]}</b>${at &&
        html`<span>${clock(at)}</span><span class="dim">${
          moment(at, now)
        }</span>`}${reason !== null && html`<bdi class="dim">${reason}</bdi>`}</p>
    </li>
  `;
}
