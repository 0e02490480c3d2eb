/**
 * Groups dead tasks by error: one line for a thousand of them.
 *
 * @module
 */

import type { TaskSummary } from "../../mod.ts";
import { errorOf, errorPattern } from "./filter.ts";
import { count, plural } from "./format.ts";

/** Dead tasks of one name with the same error. */
export interface DeadGroup {
  /** `charge-card · StripeError: card declined`. */
  readonly group: string;
  /** Queue of the tasks. */
  readonly queue: string;
  /** Name of the tasks. */
  readonly name: string;
  /** Reason of the deaths, as it is stored. */
  readonly reason: string | null;
  /** The pattern that their errors share. */
  readonly like: string;
  /** Number of tasks. */
  readonly count: number;
  /** Times of the first and the last death. */
  readonly first: Date;
  /** When the last of them died. */
  readonly last: Date;
  /** Id of the last. */
  readonly example: string;
  /** Cause in a few words. */
  readonly why: string;
}

const reasons: Readonly<Record<string, (task: TaskSummary) => string>> = {
  attempts: ({ attempt }) => plural(attempt, "failure"),
  crashes: ({ resurrections }) =>
    resurrections === 1 ? "1 crash" : `${count(resurrections)} crashes`,
  stalls: ({ resurrections }) => plural(resurrections, "stall"),
  unroutable: () => "unknown task",
  corrupt: () => "unreadable",
  discarded: () => "discarded",
  validation: () => "bad payload",
  migration: () => "bad version",
  result: () => "bad result",
};

/** Cause of a death in one or two words. */
export function deathCause(task: TaskSummary): string {
  const reason = task.reason ?? "unknown";
  return (Object.hasOwn(reasons, reason) && reasons[reason]?.(task)) || reason;
}

/** Groups dead tasks by queue, name, reason and error; the largest group first. */
export function groupDead(tasks: readonly TaskSummary[]): DeadGroup[] {
  const groups = new Map<string, { -readonly [K in keyof DeadGroup]: DeadGroup[K] }>();
  for (const task of tasks) {
    const { queue, name, reason, id } = task;
    const died = task.at ?? task.enqueuedAt;
    const like = errorPattern(task);
    const key = JSON.stringify([queue, name, reason, like]);
    let group = groups.get(key);
    if (!group) {
      const [first, last] = [died, died];
      group = { group: "", queue, name, reason, like, count: 0, first, last, example: "", why: "" };
      groups.set(key, group);
    }
    group.count++;
    if (died < group.first) group.first = died;
    if (died < group.last) continue;
    group.group = `${name || "(unreadable)"} · ${errorOf(task)}`;
    group.last = died;
    group.example = id;
    group.why = deathCause(task);
  }
  return [...groups.values()].sort((a, b) => b.count - a.count);
}
