/**
 * Asks a question; Enter chooses the first of a few answers.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";

/** Asks for one of `answers`, or for any if the first is empty; without a terminal it is the first. */
export async function ask(
  { host, out }: Pick<Context, "host" | "out">,
  question: string,
  answers: readonly string[],
): Promise<string> {
  const [usual = ""] = answers;
  if (!out.tty || !host.stdin.isTTY) return usual;
  const choices = usual === "" ? "" : ` (${answers.join(", ")}) [${usual}]`;
  host.stderr.write(`${question}${choices}: `);
  for await (const chunk of host.stdin) {
    return (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk)).trim() || usual;
  }
  return usual;
}
