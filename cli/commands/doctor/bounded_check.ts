/**
 * Bounds the time of a check: the server may not answer.
 *
 * @module
 */

import { type Check, fail } from "../../../core/console/mod.ts";

/** Most milliseconds of one check. */
const longestMs = 5_000;

/** Settles as `work` does, and rejects after a few seconds. */
export async function bounded<T>(work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer within ${longestMs} ms`)), longestMs);
  });
  work.catch(() => {}); // It may still reject after the timeout.
  return await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Runs checks; if they throw, the error is a failed check. */
export async function runChecks(name: string, work: () => Promise<Check[]>): Promise<Check[]> {
  try {
    return await bounded(work());
  } catch (error) {
    const { message, hint } = error as { message: string; hint?: string };
    const fix = hint ?? "see the lines above, then run this again";
    return [fail(name, message.replace(`; ${fix}`, ""), fix)];
  }
}
