/**
 * The timeline of a task, with a bar for each phase, and the table of its attempts.
 *
 * @module
 */

import type { TaskDetails } from "../../../mod.ts";
import { type AttemptReport, attemptsOf } from "../../../core/console/attempts.ts";
import { isLoss, type TimelineEntry, timelineOf } from "../../../core/console/timeline.ts";
import { spanOf } from "../../../core/console/format.ts";
import { type Html, html } from "../ui/html.ts";
import { clock, clockOf, type Column, section, table, type Tone } from "../ui/components.ts";
import { workerLink } from "./task_table.ts";

type Names = ReadonlyMap<string, string>;

/** The events of a task in order, each with its duration. */
export function timeline(task: TaskDetails, workers: Names, now: number): Html {
  const life = timelineOf(task);
  const begin = task.enqueuedAt.getTime();
  const past = life.map(({ at }) => at.getTime()).filter((at) => at <= now);
  const running = task.state === "running";
  const end = Math.max(begin + 1, running ? now : 0, ...past);
  const rows = running ? [...life.slice(0, -1), goesOn(life, now), life.at(-1)!] : life;
  return html`<ol class="life">${
    rows.map((each) => {
      const after = each.at.getTime() - begin;
      const tone = toneOf(each, task);
      return html`
        <li
          class="tone-${tone}"><time datetime="${each.at.toISOString()}" title="${clockOf(
            each.at,
          )}" class="number">${after < 0 ? "−" : "+"}${spanOf(
            Math.abs(after),
          )}</time><i></i><b>${wordOf(
            each,
          )}</b><span class="about">${named(each.about, workers)}</span>${stretch(
            each,
            begin,
            end,
          )}</li>
      `;
    })
  }</ol>`;
}

/** The running attempt. */
function goesOn(life: readonly TimelineEntry[], now: number): TimelineEntry {
  const from = life.at(-2)!.at;
  const about = `for ${spanOf(Math.max(0, now - from.getTime()))} so far`;
  return { at: new Date(now), what: "runs", about, stretch: "run", from };
}

const endings: Readonly<Record<string, string>> = {
  "completed": "completed",
  "completed late": "completed",
  "timeout": "timed out",
  "retry": "put off",
  "drain": "handed off",
  "connection": "handed off",
  "cancelled": "cancelled",
  "lost claim": "not started",
};

function wordOf({ what, how }: TimelineEntry): string {
  if (how === undefined) return what;
  if (isLoss({ how })) return "lost";
  return Object.hasOwn(endings, how) ? endings[how]! : /worker/.test(how) ? "put off" : "failed";
}

function toneOf(each: TimelineEntry, { state }: TaskDetails): Tone {
  const word = wordOf(each);
  if (word === "completed") return "good";
  if (word === "lost" || word === "resurrected") return "lost";
  if (word === "failed" || word === "timed out" || word === "died") return "bad";
  if (word === "runs" || (word === "claimed" && state === "running")) return "busy";
  return "quiet";
}

/** The text with the id of a worker replaced by its name. */
function named(about: string, workers: Names): string {
  const [first = ""] = about.split(" ");
  const name = workers.get(first);
  return name === undefined ? about : name + about.slice(first.length);
}

function stretch({ stretch, from, at }: TimelineEntry, begin: number, end: number): Html | false {
  if (stretch === undefined || from === undefined) return false;
  const unit = 1000 / (end - begin);
  const x = Math.round((from.getTime() - begin) * unit);
  const width = Math.max(4, Math.round((at.getTime() - from.getTime()) * unit));
  return html`
    <svg class="stretch ${stretch}" viewBox="0 0 1000 10" preserveAspectRatio="none"
      aria-hidden="true">
      <rect x="${Math.max(0, Math.min(x, 1000 - width))}" width="${width}" height="10"></rect>
    </svg>
  `;
}

/** The attempts and their outcomes. */
export function attemptsTable(task: TaskDetails, workers: Names): Html {
  const attempts = attemptsOf(task).map((each, i) => ({ ...each, i }));
  if (attempts.length === 0) return html``;
  const columns: Column<AttemptReport & { i: number }>[] = [
    { title: "", number: true, of: ({ i }) => i + 1 },
    { title: "worker", of: ({ worker }) => workerLink(worker, workers) },
    {
      title: "started",
      wide: true,
      of: ({ start }) => clock(start),
    },
    {
      title: "ran",
      number: true,
      of: ({ start, end }) => end ? spanOf(Math.max(0, end.getTime() - start.getTime())) : "—",
    },
    { title: "", of: ({ text }) => html`<bdi>${text}</bdi>` },
    {
      title: "fence",
      number: true,
      wide: true,
      of: ({ fence }) => fence && html`<span class="mono">${fence}</span>`,
    },
  ];
  const kept = attempts.length >= 10 ? "the last ten" : false;
  return section(
    "Attempts",
    table(attempts, columns, { keyOf: ({ i }) => String(i), label: "Attempts", empty: "" }),
    kept,
  );
}
