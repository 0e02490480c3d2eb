/**
 * What a doctor says: one line for each thing that was looked at, and what to
 * do about it.
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

/** How long one look may take. */
const longestMs = 5_000;

/** Settles as `look` does, but never takes longer than a few seconds. */
export async function bounded<T>(look: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${longestMs} ms`)), longestMs);
  });
  look.catch(() => {}); // It may still fail when nobody waits for it any more.
  return await Promise.race([look, late]).finally(() => clearTimeout(timer));
}

/** What `look` finds; where it cannot look, that is what is wrong. */
export async function looked(name: string, look: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await bounded(look());
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    return [fail(name, message, hint ?? "see the lines above, then run this again")];
  }
}
