/**
 * Looking at something that may not answer.
 *
 * @module
 */

import { type Check, fail } from "../../../core/console/mod.ts";

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
