/**
 * The number of an attempt, for people: the first one is 1.
 *
 * @module
 */

/** Reasons of death that are no failure of a handler: the last attempt is not among the failures. */
const notFailures: ReadonlySet<string> = new Set(["crashes", "stalls"]);

/**
 * Returns the number of the attempt that runs, comes next or ended the task, by the failures so
 * far. The last failure of a dead task was its last attempt.
 */
export function attemptNumber(state: string, failures: number, reason: string): number {
  const failedLast = state === "dead" && failures > 0 && !notFailures.has(reason);
  return failedLast ? failures : failures + 1;
}
