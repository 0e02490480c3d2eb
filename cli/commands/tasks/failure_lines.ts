/**
 * The error of a failed attempt and the last lines of its log, below the line of the attempt.
 *
 * @module
 */

import type { Attempt } from "../../../mod.ts";
import type { Output } from "../../framework/output.ts";

/** The lines, `indent` wide; none of an attempt that did not fail. */
export function failureLines(
  { error, log = [] }: Pick<Attempt, "error" | "log">,
  { dim, red }: Output["style"],
  indent: number,
): string[] {
  if (!error) return [];
  const space = " ".repeat(indent);
  const message = `${error.name}: ${error.message}`.replace(/\s+/g, " ");
  return [space + red(message), ...log.map((line) => space + dim(line))];
}
