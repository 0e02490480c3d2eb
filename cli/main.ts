#!/usr/bin/env node
/**
 * `rl`, the command line of Relier. The file is the program, and exports
 * {@linkcode main}, which runs a command line within another program.
 *
 * @module
 */

import { realpathSync } from "node:fs";
import process from "node:process";
import { fileURLToPath } from "node:url";
import type { Host } from "./framework/host.ts";
import { hideSecrets } from "./framework/hide_secrets.ts";
import { main as run } from "./framework/run_cli.ts";
import { tree } from "./command_tree.ts";

export type { Ending, Host, Screen, Source } from "./framework/host.ts";

/** Runs `rl` with `argv`, such as `["tasks", "--json"]`, and resolves to the exit code. */
export function main(argv: readonly string[], host?: Host): Promise<number> {
  return run(tree, argv, host);
}

/** True if this file is the program, rather than imported. */
function isProgram(): boolean {
  const { main, url } = import.meta as { main?: boolean; url: string };
  if (main !== undefined) return main;
  const started = process.argv[1];
  // The command in node_modules/.bin links to this file.
  return started !== undefined && url.startsWith("file:") &&
    realpathSync(started) === fileURLToPath(url);
}

if (isProgram()) {
  hideSecrets(process.argv.slice(2));
  // Not awaited: a module with top-level await cannot be required.
  void main(process.argv.slice(2)).then((exit) => {
    // An interrupted command may hold a socket, so exit; but only once the output is written.
    process.stdout.write("", () => process.exit(exit));
  });
}
