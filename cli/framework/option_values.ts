/**
 * Reading the values of options: text from a command line to what a command
 * works with.
 *
 * @module
 */

import { CliError } from "./cli_error.ts";
import { didYouMean } from "./suggest.ts";
import { plain } from "../terminal/text.ts";

/** Reads a whole number. @throws {CliError} 2 */
export function integer(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw refused(option, text, `it must be a whole number from ${min} to ${max}`);
}

/** Reads one of `allowed`. @throws {CliError} 2 */
export function choice<const T extends string>(
  option: string,
  text: string,
  allowed: readonly T[],
): T {
  const found = allowed.find((each) => each === text);
  if (found !== undefined) return found;
  const list = allowed.join(", ");
  throw refused(option, text, `it must be one of ${list}`, didYouMean(text, allowed, ""));
}

/** Reads a list with commas: each part once, none empty. @throws {CliError} 2 */
export function list(option: string, text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => part !== "")) return [...new Set(parts)];
  throw refused(option, text, "one of its parts is empty", "write a list like a,b,c");
}

/** Error for a value that option `option` does not take. */
export function refused(option: string, text: string, why: string, hint = ""): CliError {
  const message = `Cannot use option ${option} "${short(text)}": ${why}`;
  return new CliError(2, message, hint === "" ? {} : { hint });
}

/** What was typed, as an error repeats it. */
export function short(text: string): string {
  const clean = plain(text).replaceAll("\n", " ");
  return clean.length > 200 ? `${clean.slice(0, 80)}… (${text.length} characters)` : clean;
}
