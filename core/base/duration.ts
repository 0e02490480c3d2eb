/**
 * Lengths of time, as callers write them: milliseconds, or `"30s"`.
 *
 * @module
 */

import { shown } from "./safe_text.ts";

/** Milliseconds, or a number with its unit, such as `"30s"` or `"1.5h"`. */
export type Duration = number | `${number}${"ms" | "s" | "m" | "h" | "d"}`;

/** The longest duration anything accepts: ten years of 365 days, in milliseconds. */
export const maxDuration = 315_360_000_000;

/** The longest delay of a timer: with a longer one it fires at once, on every runtime. */
export const maxTimer = 2_147_483_647;

/** Units of time as they are typed, in ms. */
export const units = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;
const pattern = /^(-?\d+(?:\.\d+)?)(ms|s|m|h|d)$/;

/**
 * Reads the duration given as `option`, in whole milliseconds, rounded.
 * A number without a unit inside a string is refused: `"5000"` may mean either.
 *
 * @param limits in milliseconds; 0 to ten years unless given
 * @throws TypeError if the value is neither a number nor such a string.
 * @throws RangeError if the value is not finite or not within `limits`.
 */
export function toMs(
  option: string,
  value: unknown,
  limits: { readonly min?: number; readonly max?: number } = {},
): number {
  const { min = 0, max = maxDuration } = limits;
  const read = typeof value === "string" ? parseDuration(value) : value;
  if (typeof read !== "number") throw new TypeError(refusal(option, value, min, max));
  const ms = Math.round(read) + 0; // A negative zero becomes zero.
  if (!(ms >= min && ms <= max)) throw new RangeError(refusal(option, value, min, max));
  return ms;
}

/** Milliseconds of a text such as `"30s"`, not rounded; undefined if it is no duration. */
export function parseDuration(text: string): number | undefined {
  const parts = pattern.exec(text);
  return parts ? Number(parts[1]) * units[parts[2] as keyof typeof units] : undefined;
}

function refusal(option: string, value: unknown, min: number, max: number): string {
  const bare = typeof value === "string" && /^\d{1,15}$/.test(value)
    ? `, which has no unit: write ${Number(value)} or "${Number(value)}ms"`
    : "";
  return `Cannot use option "${option}": it must be milliseconds from ${min} to ${max} ` +
    `or a string such as "30s": current value is ${shown(value)}${bare}`;
}
