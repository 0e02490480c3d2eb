/**
 * Parses the values of options.
 *
 * @module
 */

import { CliError } from "./cli_error.ts";
import { didYouMean } from "./suggest.ts";
import { plain } from "../terminal/text.ts";

/** Parses an integer. @throws {CliError} 2 */
export function integer(
  option: string,
  text: string,
  { min, max }: { readonly min: number; readonly max: number },
): number {
  const value = /^[+-]?\d{1,15}$/.test(text) ? Number(text) : NaN;
  if (value >= min && value <= max) return value;
  throw refused(option, text, `it must be a whole number from ${min} to ${max}`);
}

/** Checks that a value is one of `allowed`. @throws {CliError} 2 */
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

/** Splits a comma-separated list; drops duplicates. @throws {CliError} 2 if an item is empty. */
export function list(option: string, text: string): string[] {
  const parts = text.split(",").map((part) => part.trim());
  if (parts.every((part) => part !== "")) return [...new Set(parts)];
  throw refused(option, text, "one of its parts is empty", "write a list like a,b,c");
}

/** Creates the error for a value that `option` does not accept. */
export function refused(option: string, text: string, why: string, hint = ""): CliError {
  const message = `Cannot use option ${option} "${short(text)}": ${why}`;
  return new CliError(2, message, hint === "" ? {} : { hint });
}

/** `text` as an error quotes it: on one line, and shortened. */
export function short(text: string): string {
  const clean = plain(text).replaceAll("\n", " ");
  return clean.length > 200 ? `${clean.slice(0, 80)}… (${text.length} characters)` : clean;
}
