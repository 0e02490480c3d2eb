/**
 * What became of each attempt of a task, in words. The engine stores a cause of
 * a word or two for each; people ask why it ran twice.
 *
 * @module
 */

import type { TaskDetails } from "../../mod.ts";

/** One attempt. */
export interface AttemptReport {
  readonly worker: string;
  readonly start: Date;
  /** `null` while it runs. */
  readonly end: Date | null;
  /** How it ended, as it is stored; `running` while it runs. */
  readonly how: string;
  /** The same as the end of a sentence that begins with the attempt. */
  readonly text: string;
  /** Of the current or the last attempt; those before had lower ones. */
  readonly fence?: string;
}

// What the scripts write into the history of a task.
const endings: Readonly<Record<string, string>> = {
  "completed": "completed",
  "completed late": "completed, though its worker had been given up: nobody else had started it",
  "failed": "failed",
  "timeout": "was stopped by its hard timeout",
  "retry": "asked to be tried again later",
  "attempts": "failed, and no attempt was left",
  "discarded": "failed, and said that no other attempt would help",
  "not retryable": "failed with an error that is not worth another attempt",
  "validation": "was refused: the payload is not what the task accepts",
  "migration": "was refused: the payload could not be brought to the worker's version",
  "corrupt": "was refused: what is stored could not be read",
  "result": "failed: what it returned could not be stored",
  "unroutable": "was given up: for an hour no worker knew the task",
  "presence": "was cut off: the worker's connection vanished, its process had died",
  "lease": "was cut off: the worker fell silent until the lease ran out",
  "stalled": "was cut off: the worker lived, and let the lease of this task run out",
  "lost claim": "was never started: the worker that had claimed it was gone before",
  "drain": "was handed off by a worker that was shutting down",
  "connection": "was handed off by a worker that had lost Redis",
  "cancelled": "was cancelled while it ran",
  "running": "runs",
};

/** How an attempt that is stored with `cause` ended. */
export function describeEnding(cause: string): string {
  const known = Object.hasOwn(endings, cause) && endings[cause];
  if (known) return known;
  if (/^SIG[A-Z0-9]+$/.test(cause)) {
    return `was cut off: its process was ended by ${cause}, seen by its supervisor`;
  }
  if (/^(oom|exit)/i.test(cause)) {
    return `was cut off: its process ended (${cause}), seen by its supervisor`;
  }
  // What a worker could not run says why by itself.
  if (/worker/.test(cause)) return `was put off: ${cause}`;
  return `ended: ${cause}`;
}

/** Every attempt that is known, the first of them first; the engine keeps the last ten. */
export function attemptsOf({ history, facts, state }: TaskDetails): AttemptReport[] {
  const fence = facts["fence"];
  const told: AttemptReport[] = history.map(({ worker, start, end, cause }) => ({
    worker,
    start,
    end,
    how: cause,
    text: describeEnding(cause),
  }));
  if (state === "running") {
    told.push({
      worker: facts["worker"] ?? "",
      start: new Date(Number(facts["since"])),
      end: null,
      how: "running",
      text: facts["started"] === "true" ? "runs" : "waits for a slot of its worker",
    });
  }
  const last = told.at(-1);
  if (last && fence) told[told.length - 1] = { ...last, fence };
  return told;
}

/** `once`, `twice`, `3 times`. */
export function times(n: number): string {
  return n === 1 ? "once" : n === 2 ? "twice" : `${n} times`;
}

/** How many attempts ended by each cause, as "failed twice, presence once". */
export function countEndings(attempts: readonly AttemptReport[]): string {
  const counts = new Map<string, number>();
  for (const { how, end } of attempts) if (end) counts.set(how, (counts.get(how) ?? 0) + 1);
  return [...counts].map(([how, n]) => `${how} ${times(n)}`).join(", ");
}
