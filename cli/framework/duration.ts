/**
 * Parses durations such as `250ms`, `30s`, `1.5h`.
 *
 * @module
 */

import { durationText, readDuration } from "../../core/console/mod.ts";
import { refused } from "./option_values.ts";

/** Longest duration: ten years of 365 days. */
const longest = 315_360_000_000;

/**
 * Parses a duration into milliseconds; a number without a unit is seconds.
 *
 * @throws {CliError} 2
 */
export function duration(
  option: string,
  text: string,
  { min = 0, max = longest }: { readonly min?: number; readonly max?: number } = {},
): number {
  const read = readDuration(text);
  if (read === undefined) {
    throw refused(option, text, "it is no duration", "write it like 250ms, 30s or 2m");
  }
  const ms = Math.round(read);
  if (ms >= min && ms <= max) return ms;
  const range = `it must be ${durationText(min)} to ${durationText(max)}`;
  throw refused(option, text, range, "write it like 30s");
}
