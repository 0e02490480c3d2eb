/**
 * Result of a check, and the fix.
 *
 * @module
 */

/** One checked thing. */
export interface Check {
  /** Name of the check. */
  readonly name: string;
  /** `fail` if tasks are or will be lost, `warn` if it could be better. */
  readonly level: "ok" | "warn" | "fail";
  /** Finding, as a sentence for people. */
  readonly text: string;
  /** The fix. */
  readonly fix?: string;
}

/** A check that passed. */
export function ok(name: string, text: string): Check {
  return { name, level: "ok", text };
}

/** A check that found something to improve. */
export function warn(name: string, text: string, fix: string): Check {
  return { name, level: "warn", text, fix };
}

/** A check that found lost tasks, or tasks that no worker takes. */
export function fail(name: string, text: string, fix: string): Check {
  return { name, level: "fail", text, fix };
}
