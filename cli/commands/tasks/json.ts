/**
 * JSON on the command line.
 *
 * @module
 */

import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";

/** Reads the JSON given as `option`. @throws {CliError} 2 */
export function jsonOption(option: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const why = (cause as Error).message;
    throw new CliError(2, `Cannot use option ${option} "${short(text)}": ${why}`, {
      cause,
      hint: "write JSON in single quotes, so that the shell does not change it",
    });
  }
}

/** Parses JSON; returns the text itself if it is none. */
export function looseValue(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Reads the JSON in the file given as `option`. @throws {CliError} 2 */
export async function jsonFile(option: string, file: string, cwd: string): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(resolve(cwd, file), "utf8");
  } catch (cause) {
    const why = (cause as Error).message;
    throw new CliError(2, `Cannot use option ${option} "${short(file)}": ${why}`, { cause });
  }
  return jsonOption(`${option} ${file}`, text);
}
