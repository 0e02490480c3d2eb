/**
 * A question with a few answers, the first of which is meant by Enter.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";

/** Asks for one of `answers`; where nobody can be asked, it is the first. */
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
