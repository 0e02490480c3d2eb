/**
 * What is said of something that was looked at, and what to do about it.
 *
 * @module
 */

/** One thing that was looked at. */
export interface Check {
  readonly name: string;
  readonly level: "ok" | "warn" | "fail";
  readonly text: string;
  /** What to do about it. */
  readonly fix?: string;
}

/** It is as it should be. */
export function ok(name: string, text: string): Check {
  return { name, level: "ok", text };
}

/** It will do, and could be better. */
export function warn(name: string, text: string, fix: string): Check {
  return { name, level: "warn", text, fix };
}

/** Tasks are or will be lost, or nobody works on them. */
export function fail(name: string, text: string, fix: string): Check {
  return { name, level: "fail", text, fix };
}
