/**
 * Attempts of a task in words. The engine stores a cause of a word or two for
 * each; this module says what it means.
 *
 * @module
 */

import type { Attempt, TaskDetails } from "../../mod.ts";

/** One attempt. */
export interface AttemptReport {
  /** Id of the worker. */
  readonly worker: string;
  /** When it began. */
  readonly start: Date;
  /** `null` while it runs. */
  readonly end: Date | null;
  /** Stored cause of its end; `running` while it runs. */
  readonly how: string;
  /** The cause as the end of a sentence that begins with the attempt. */
  readonly text: string;
  /** The error it failed with; see `Attempt`. */
  readonly error?: NonNullable<Attempt["error"]>;
  /** The last lines of its log; see `Attempt`. */
  readonly log?: NonNullable<Attempt["log"]>;
  /** Only of the last attempt; earlier ones had lower fences. */
  readonly fence?: string;
}

// The causes that the scripts write into the history of a task.
const endings: Readonly<Record<string, string>> = {
  "completed": "completed",
  "completed late": "completed after its lease had expired: no other worker had started it",
  "failed": "failed",
  "timeout": "was stopped by its hard timeout",
  "retry": "requested a later retry",
  "attempts": "failed, and was the last one allowed",
  "discarded": "failed, and its handler discarded the task",
  "not retryable": "failed with an error that is not retryable",
  "validation": "was rejected: the payload is invalid",
  "migration": "was rejected: the payload could not be migrated to the worker's version",
  "corrupt": "was rejected: the stored task is unreadable",
  "result": "failed: its result does not fit its output schema",
  "step": "failed: a step cannot be stored, or its result was not kept by an earlier attempt",
  "unroutable": "was given up: for an hour no worker knew the task",
  "presence": "was lost: the connection of the worker closed, its process had crashed",
  "lease": "was lost: the worker sent no heartbeat until the lease expired",
  "stalled": "was lost: the worker was alive, but the lease of this task expired",
  "lost claim": "was never started: the worker that had claimed it was lost before",
  "drain": "was handed off by a worker that was shutting down",
  "budget": "was cut off once more: five hand-offs in a row brought no new step and no larger " +
    "partial result, so it takes longer than its invocation",
  "connection": "was handed off by a worker that had lost its connection to Redis",
  "cancelled": "was cancelled while it ran",
  "running": "runs",
};

/** Describes the end of an attempt that is stored with `cause`. */
export function describeEnding(cause: string): string {
  const known = Object.hasOwn(endings, cause) && endings[cause];
  if (known) return known;
  if (/^SIG[A-Z0-9]+$/.test(cause)) {
    return `was lost: ${cause} ended its process, as the supervisor saw`;
  }
  if (/^(oom|exit)/i.test(cause)) {
    return `was lost: its process ended (${cause}), as the supervisor saw`;
  }
  // The cause of a deferral is a sentence by itself.
  if (/worker/.test(cause)) return `was deferred: ${cause}`;
  return `ended: ${cause}`;
}

/** Lists the known attempts in order; the engine keeps the last ten. */
export function attemptsOf({ history, facts, state }: TaskDetails): AttemptReport[] {
  const fence = facts["fence"];
  const attempts: AttemptReport[] = history.map(({ cause, ...attempt }) => ({
    ...attempt,
    how: cause,
    text: describeEnding(cause),
  }));
  if (state === "running") {
    attempts.push({
      worker: facts["worker"] ?? "",
      start: new Date(Number(facts["since"])),
      end: null,
      how: "running",
      text: facts["started"] === "true" ? "runs" : "waits for a slot of its worker",
    });
  }
  const last = attempts.at(-1);
  if (last && fence) attempts[attempts.length - 1] = { ...last, fence };
  return attempts;
}

/** `once`, `twice`, `3 times`. */
export function times(n: number): string {
  return n === 1 ? "once" : n === 2 ? "twice" : `${n} times`;
}

/** Counts the attempts by cause, such as "failed twice, presence once". */
export function countEndings(attempts: readonly AttemptReport[]): string {
  const counts = new Map<string, number>();
  for (const { how, end } of attempts) if (end) counts.set(how, (counts.get(how) ?? 0) + 1);
  return [...counts].map(([how, n]) => `${how} ${times(n)}`).join(", ");
}
