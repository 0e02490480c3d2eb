/**
 * Captures the console during a test.
 *
 * @module
 */

import { inspect } from "node:util";

const levels = ["debug", "log", "info", "warn", "error"] as const;

/** Runs `work` and resolves to every line that it wrote to the console; the lines are not shown. */
export async function overheard(work: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const kept = levels.map((level) => console[level]);
  for (const level of levels) {
    console[level] = (...said) => {
      lines.push(said.map((each) => typeof each === "string" ? each : inspect(each)).join(" "));
    };
  }
  try {
    await work();
  } finally {
    levels.forEach((level, i) => console[level] = kept[i]!);
  }
  return lines;
}
