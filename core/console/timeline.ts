/**
 * The life of a task as it is told: what happened, when, and how long each
 * stretch of it took.
 *
 * @module
 */

import type { TaskDetails, TaskSummary } from "../../mod.ts";
import { type AttemptReport, attemptsOf } from "./attempts.ts";
import { spanOf } from "./format.ts";

/** Something that happened to a task, or will. */
export interface TimelineEntry {
  readonly at: Date;
  readonly what: string;
  readonly about: string;
  /** What the time before it was spent with; absent if that is no stretch of its life. */
  readonly stretch?: "wait" | "run";
  /** When that began. */
  readonly from?: Date;
  /** How the attempt ended that ended here. */
  readonly how?: string;
}

/** What happened to `task`, in its order, and what is next. */
export function timelineOf(task: TaskDetails): TimelineEntry[] {
  const { state, enqueuedAt, at } = task;
  const told: TimelineEntry[] = [{ at: enqueuedAt, what: "pushed", about: `→ ${task.queue}` }];
  const attempts = attemptsOf(task);
  let before = enqueuedAt;
  let losses = 0;
  for (const [i, attempt] of attempts.entries()) {
    const { worker, start, end, text, how } = attempt;
    const waited = spanOf(Math.max(0, start.getTime() - before.getTime()));
    const mark = end === null && text !== "runs" ? `, ${text}` : "";
    told.push({
      at: start,
      what: "claimed",
      about: `${worker}  waited ${waited}${mark}`,
      stretch: "wait",
      from: before,
    });
    if (end === null) continue;
    const ran = spanOf(Math.max(0, end.getTime() - start.getTime()));
    const about = `after ${ran}: ${text}`;
    told.push({ at: end, what: "ended", about, stretch: "run", from: start, how });
    const goesOn = i + 1 < attempts.length || state !== "dead";
    if (isLoss(attempt) && goesOn) {
      losses++;
      told.push({
        at: end,
        what: "resurrected",
        about: losses === 1 ? "to run again" : "to run again, alone: it may be what kills workers",
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
  if (at && next[state]) told.push({ at, what: next[state], about: task.reason ?? "" });
  return told;
}

/** Whether the attempt was lost with its worker, and Phoenix brought the task back. */
export function isLoss({ how }: Pick<AttemptReport, "how">): boolean {
  return /^(presence|lease|stalled|SIG[A-Z0-9]+|oom.*|exit.*)$/i.test(how);
}

/** The attempt it is in or waits for; the last one of a dead task. */
export function attemptOf({ state, attempt, reason }: TaskSummary): number {
  const failed = state === "dead" && reason !== "crashes" && reason !== "stalls";
  return failed ? Math.max(1, attempt - 1) : attempt;
}

/** Which attempt it is, and how often it came back: `2 ◆1`. */
export function triesOf(task: TaskSummary): string {
  const { resurrections } = task;
  return resurrections > 0 ? `${attemptOf(task)} ◆${resurrections}` : String(attemptOf(task));
}

/** `, 1 failed, 2 workers lost`. */
export function countersOf(facts: TaskDetails["facts"]): string {
  const words = {
    failures: "failed",
    crashes: "workers lost",
    stalls: "stalled",
    deferrals: "put off",
  };
  return Object.entries(words)
    .filter(([name]) => Number(facts[name] ?? 0) > 0)
    .map(([name, word]) => `, ${facts[name]} ${word}`).join("");
}
