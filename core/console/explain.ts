/**
 * Explains why a task is in its state, in sentences, the deciding one first.
 *
 * @module
 */

import { count, plural, spanOf } from "./format.ts";
import { attemptsOf, countEndings, describeEnding, times } from "./attempts.ts";
import { explainReady } from "./explain_ready.ts";
import { explainRunning } from "./explain_running.ts";
import type { Explanation, TaskSnapshot } from "./task_snapshot.ts";

/** Explains the state of a task, the most important reason first. */
export function explain(snapshot: TaskSnapshot): Explanation[] {
  const reasons = {
    ready,
    scheduled,
    quarantined,
    running: explainRunning,
    completed,
    dead,
    cancelled,
  };
  return [...reasons[snapshot.task.state](snapshot), ...again(snapshot)];
}

function ready(snapshot: TaskSnapshot): Explanation[] {
  const { facts } = snapshot.task;
  const blocked = explainReady(snapshot);
  const found = [...blocked, ...line(snapshot, blocked.length > 0)];
  if (facts["reason"] === "drain" || facts["reason"] === "connection") {
    found.push({
      code: "handed-off",
      text:
        `It is back at its old place in line: its last attempt ${
          describeEnding(facts["reason"])
        }, ` +
        "which counts as no failure.",
    });
  }
  const handoffs = Number(facts["handoffs"] ?? 0);
  if (handoffs > 1) {
    found.push({
      code: "overran",
      text:
        `It takes longer than its invocation: ${plural(handoffs, "hand-off")} in a row brought ` +
        "no new step and no larger partial result. Each five in a row cost an attempt.",
    });
  }
  return found;
}

/** Explains the place in line, and the expected wait unless the task is blocked. */
function line({ task, stats, claimsPerSecond }: TaskSnapshot, blocked: boolean): Explanation[] {
  const ahead = Number(task.facts["ahead"] ?? 0);
  const priority = task.facts["priority"];
  const by = priority ? ` (priority ${priority})` : "";
  if (ahead === 0) {
    const then = blocked ? "" : ": the next free slot takes it";
    return [{ code: "first", text: `It is first in line${by}${then}.` }];
  }
  const wait = claimsPerSecond
    ? `, so its turn is in about ${spanOf(Math.ceil(ahead / claimsPerSecond) * 1000)}`
    : "";
  const speed = claimsPerSecond === null
    ? ""
    : ` The queue takes ${
      claimsPerSecond < 10 ? claimsPerSecond.toFixed(1) : count(Math.round(claimsPerSecond))
    } tasks/s${wait}.`;
  const oldest = claimsPerSecond === null && stats.oldestMs > 0
    ? ` The first in line has waited for ${spanOf(stats.oldestMs)}.`
    : "";
  return [{
    code: "line",
    text: `${plural(ahead, "task")} ${ahead === 1 ? "is" : "are"} ahead of it in line${by}.` +
      speed + oldest,
  }];
}

function scheduled(snapshot: TaskSnapshot): Explanation[] {
  const { task, now } = snapshot;
  const { facts, error } = task;
  const due = dueIn(snapshot);
  const reason = facts["reason"];
  const found: Explanation[] = [];
  if (task.dueAt && now - task.dueAt.getTime() > overdueMs) {
    found.push({
      code: "overdue",
      text:
        `It has been due for ${spanOf(now - task.dueAt.getTime())}, and no worker has moved it ` +
        'to the line: a live worker does, or "rl recovery sweep".',
    });
  }
  if (Number(facts["deferrals"] ?? 0) > 0 && /worker|envelope/.test(reason ?? "")) {
    const since = facts["deferredAt"]
      ? ` for ${spanOf(now - Number(facts["deferredAt"]))} now`
      : "";
    found.push({
      code: "deferred",
      text: `It was deferred${since} (${plural(Number(facts["deferrals"]), "time")}): ${reason}. ` +
        `Its next claim is due ${due}.`,
    });
  } else if (task.history.length === 0) {
    found.push({ code: "delayed", text: `It was pushed with a delay: it is due ${due}.` });
  } else if (
    reason === "failed" || reason === "timeout" || reason === "retry" || reason === "budget"
  ) {
    const failures = Number(facts["failures"] ?? 0);
    const what = error ? `: ${error.name}: ${error.message}` : "";
    found.push({
      code: "retry",
      text: `Attempt ${failures} ${describeEnding(reason)}${what}. Attempt ${
        failures + 1
      } is due ${due}.`,
    });
  } else {
    found.push({
      code: "resurrected",
      text: `Its last attempt ${describeEnding(reason ?? "lease")}. It runs again ${due}.`,
    });
  }
  return [...found, ...explainReady(snapshot)];
}

/** A task that is late by less than this waits for the next sweep only. */
const overdueMs = 3000;

/** `in 8s (2026-11-22T12:00:00.000Z)`, or `now`. */
function dueIn({ task, now }: TaskSnapshot): string {
  const left = task.dueAt ? task.dueAt.getTime() - now : 0;
  return left > 0 ? `in ${spanOf(left)} (${task.dueAt!.toISOString()})` : "now";
}

function quarantined(snapshot: TaskSnapshot): Explanation[] {
  const { task, stats, now } = snapshot;
  const { facts } = task;
  const crashes = Number(facts["crashes"] ?? 0) + Number(facts["stalls"] ?? 0);
  const limit = facts["limit"] ?? "5";
  const found: Explanation[] = [{
    code: "quarantined",
    text: `Quarantined: ${plural(crashes, "worker")} crashed or stalled running this task ` +
      `(limit ${limit}). It runs alone ${
        dueIn(snapshot)
      }, so that it cannot take other tasks down.`,
  }];
  if (task.dueAt && task.dueAt.getTime() <= now) {
    const { lane } = stats.phoenix;
    const keeper = lane === null
      ? ""
      : ` Worker ${lane} claims nothing for a second, to get empty.`;
    found.push({
      code: "lane",
      text: `It waits for a worker without running tasks.${keeper} Due for 30 s, it runs beside ` +
        "other tasks, which are not charged if it crashes their worker.",
    });
  }
  return [...found, ...explainReady(snapshot).filter(({ code }) => code !== "no-slot")];
}

function completed({ task }: TaskSnapshot): Explanation[] {
  const last = attemptsOf(task).at(-1);
  const took = last?.end ? ` in ${spanOf(last.end.getTime() - last.start.getTime())}` : "";
  const by = last ? ` by ${last.worker === "lock" ? "the holder of its lock" : last.worker}` : "";
  const late = last?.how === "completed late"
    ? ", after its lease had expired: no other worker had started it"
    : "";
  return [{
    code: "completed",
    text: `It was completed${by}${took}${late}. ${kept(task.purgeAt, "result")}`,
  }];
}

function cancelled({ task }: TaskSnapshot): Explanation[] {
  return [{
    code: "cancelled",
    text: `It was cancelled: ${task.facts["reason"] || "no reason was given"}. ${
      kept(task.purgeAt, "record")
    }`,
  }];
}

function kept(until: Date | null, what: string): string {
  return until ? `Its ${what} is kept until ${until.toISOString()}.` : "";
}

/** Explanations of the reasons that are not endings of an attempt, for `n` of them. */
const deaths: Readonly<Record<string, (n: number) => string>> = {
  crashes: (n) => `it crashed ${plural(n, "worker")}`,
  stalls: (n) => `its lease expired ${times(n)}`,
};

function dead({ task, queue }: TaskSnapshot): Explanation[] {
  const { facts, error, id } = task;
  const reason = facts["reason"] ?? "";
  const failures = Number(facts["failures"] ?? 0);
  const crashes = Number(facts["crashes"] ?? 0) + Number(facts["stalls"] ?? 0);
  const why = deaths[reason]?.(crashes) ?? `its last attempt ${describeEnding(reason)}`;
  const charged = reason === "attempts"
    ? ` (${plural(failures, "failure")})`
    : crashes > 0 && reason in deaths
    ? ` (limit ${facts["limit"] ?? "5"})`
    : "";
  const found: Explanation[] = [{ code: "dead", text: `It is dead: ${why}${charged}.` }];
  if (error) found.push({ code: "error", text: `The last error: ${error.name}: ${error.message}` });
  found.push({
    code: "release",
    text:
      `It is kept until you act. Fix the cause, then "rl dlq release ${id}"; or remove it with ` +
      `"rl dlq delete ${id}". For other dead tasks of queue "${queue}", see "rl dlq".`,
  });
  return found;
}

/** Explains why a task was started more than once. */
function again({ task }: TaskSnapshot): Explanation[] {
  const attempts = attemptsOf(task).filter(({ how }) => how !== "lost claim");
  if (attempts.length < 2) return [];
  const more = attempts.length === 10 ? "at least " : "";
  return [{
    code: "ran-again",
    text: `It ran ${more}${times(attempts.length)}: ${countEndings(attempts)}.`,
  }];
}
