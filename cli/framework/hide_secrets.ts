/**
 * Hides secrets of the command line: every user of the machine can list its processes.
 *
 * @module
 */

import process from "node:process";
import { redact } from "./redact.ts";

/**
 * Replaces the title of this process if `argv` has a token or a password. Bun cannot replace
 * it: a line on stderr names the variables that no other user can read.
 */
export function hideSecrets(argv: readonly string[]): void {
  const shown = argv.map((word, i) =>
    argv[i - 1] === "--token" ? "***" : redact(word.startsWith("--token=") ? "--token=***" : word)
  );
  if (shown.every((word, i) => word === argv[i])) return;
  process.title = ["rl", ...shown].join(" ");
  if (process.versions["bun"] === undefined) return;
  process.stderr.write(
    "warning: on Bun the list of processes shows the secret of this command: " +
      "set RELIER_REDIS_URL or RELIER_DASHBOARD_TOKEN\n",
  );
}
