/**
 * Timeline of a task: its events, their times, and the length of each wait and run.
 *
 * @module
 */

import type { TaskDetails, TaskSummary } from "../../mod.ts";
import { type AttemptReport, attemptsOf } from "./attempts.ts";
import { spanOf } from "./format.ts";

/** An event in the life of a task, or the next one. */
export interface TimelineEntry {
  /** When it happened. */
  readonly at: Date;
  /** Event in one word. */
  readonly what: string;
  /** Details for people. */
  readonly about: string;
  /** Kind of the time before the event; absent if neither. */
  readonly stretch?: "wait" | "run";
  /** Start of that wait or run. */
  readonly from?: Date;
  /** Cause of the end of an attempt. */
  readonly how?: string;
  /** The attempt that ended; absent for any other event. */
  readonly ended?: AttemptReport;
}

/** Lists the events of `task` in order, and the next one. */
export function timelineOf(task: TaskDetails): TimelineEntry[] {
  const { state, enqueuedAt, at } = task;
  const entries: TimelineEntry[] = [{ at: enqueuedAt, what: "pushed", about: `→ ${task.queue}` }];
  const attempts = attemptsOf(task);
  let before = enqueuedAt;
  let losses = 0;
  for (const [i, attempt] of attempts.entries()) {
    const { worker, start, end, text, how } = attempt;
    const waited = spanOf(Math.max(0, start.getTime() - before.getTime()));
    const mark = end === null && text !== "runs" ? `, ${text}` : "";
    entries.push({
      at: start,
      what: "claimed",
      about: `${worker}  waited ${waited}${mark}`,
      stretch: "wait",
      from: before,
    });
    if (end === null) continue;
    const ran = spanOf(Math.max(0, end.getTime() - start.getTime()));
    const about = `after ${ran}: ${text}`;
    entries.push({
      at: end,
      what: "ended",
      about,
      stretch: "run",
      from: start,
      how,
      ended: attempt,
    });
    const goesOn = i + 1 < attempts.length || state !== "dead";
    if (isLoss(attempt) && goesOn) {
      losses++;
      entries.push({
        at: end,
        what: "resurrected",
        about: losses === 1 ? "to run again" : "quarantined: it runs alone from now on",
      });
    }
    before = end;
  }
  const next: Partial<Record<typeof state, string>> = {
    scheduled: "due",
    quarantined: "due",
    running: "lease until",
    completed: "kept until",
    cancelled: "kept until",
    dead: "died",
  };
  if (at && next[state]) entries.push({ at, what: next[state], about: task.reason ?? "" });
  return entries;
}

/** Tests whether the attempt was lost with its worker. */
export function isLoss({ how }: Pick<AttemptReport, "how">): boolean {
  return /^(presence|lease|stalled|SIG[A-Z0-9]+|oom.*|exit.*)$/i.test(how);
}

/** Number of the attempt and of resurrections: `2 ◆1`. */
export function triesOf(task: TaskSummary): string {
  const { attempt, resurrections } = task;
  return resurrections > 0 ? `${attempt} ◆${resurrections}` : String(attempt);
}

/** `, 1 failed, 2 workers lost`. */
export function countersOf(facts: TaskDetails["facts"]): string {
  const words = {
    failures: "failed",
    crashes: "workers lost",
    stalls: "stalled",
    deferrals: "deferred",
  };
  return Object.entries(words)
    .filter(([name]) => Number(facts[name] ?? 0) > 0)
    .map(([name, word]) => `, ${facts[name]} ${word}`).join("");
}
