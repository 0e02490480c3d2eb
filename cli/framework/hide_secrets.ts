/**
 * Hides secrets of the command line: every user of the machine can list its processes.
 *
 * @module
 */

import process from "node:process";
import { redact } from "./redact.ts";

/** Replaces the title of this process if `argv` has a token or a password. */
export function hideSecrets(argv: readonly string[]): void {
  const shown = argv.map((word, i) =>
    argv[i - 1] === "--token" ? "***" : redact(word.startsWith("--token=") ? "--token=***" : word)
  );
  if (shown.some((word, i) => word !== argv[i])) process.title = ["rl", ...shown].join(" ");
}
