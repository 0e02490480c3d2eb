/**
 * Asks a question with a few answers; Enter chooses the first.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";

/** Asks for one of `answers`; without a terminal the first is chosen. */
export async function ask(
  { host, out }: Pick<Context, "host" | "out">,
  question: string,
  answers: readonly string[],
): Promise<string> {
  const [usual = ""] = answers;
  if (!out.tty || !host.stdin.isTTY) return usual;
  host.stderr.write(`${question} (${answers.join(", ")}) [${usual}]: `);
  for await (const chunk of host.stdin) {
    return (typeof chunk === "string" ? chunk : new TextDecoder().decode(chunk)).trim() || usual;
  }
  return usual;
}
