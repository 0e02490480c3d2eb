/**
 * Reads the lines of an export, and checks each of them.
 *
 * @module
 */

import { createReadStream } from "node:fs";
import { resolve } from "node:path";
import * as v from "valibot";
import type { ExportedTask } from "../../../mod.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import type { Host } from "../../framework/host.ts";

/** A line and its number. */
export interface Line {
  readonly number: number;
  readonly task: ExportedTask & { readonly id: string };
}

/** Fields that place a task; the engine checks the rest. */
const shape = v.looseObject({
  id: v.pipe(v.string(), v.regex(/^[A-Za-z0-9][\w.-]*~\d+~[\w-]{22}$/)),
  name: v.string(),
  state: v.optional(v.literal("dead"), "dead"),
});

/** Reads the lines of `file`, `-` for stdin. @throws {CliError} 2 for the first invalid line */
export async function* linesOf(file: string, host: Host): AsyncGenerator<Line> {
  let number = 0;
  for await (const text of textsOf(file, host)) {
    number++;
    if (text.trim() === "") continue;
    yield { number, task: read(text, file, number) };
  }
}

function read(text: string, file: string, number: number): Line["task"] {
  const refuse = (why: string): CliError =>
    new CliError(2, `Cannot read line ${number} of "${short(file)}": ${why}`, {
      hint: 'use a file written by "rl dlq export"; no task was imported',
    });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw refuse((cause as Error).message);
  }
  const checked = v.safeParse(shape, value);
  if (checked.success) return checked.output as unknown as Line["task"];
  const at = v.getDotPath(checked.issues[0]);
  throw refuse(at ? `its "${at}" is invalid` : "it is not an object");
}

async function* textsOf(file: string, host: Host): AsyncGenerator<string> {
  const source = file === "-" ? host.stdin : createReadStream(resolve(host.cwd, file));
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of source) {
      rest += typeof chunk === "string" ? chunk : decoder.decode(chunk, { stream: true });
      const lines = rest.split("\n");
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code === undefined) throw cause;
    throw new CliError(2, `Cannot read "${short(file)}": ${message}`, { cause });
  }
  yield rest + decoder.decode();
}
