/**
 * From arguments to an exit code. Finds the command, refuses what it does not
 * know before anything runs, and turns every error into one line and a hint.
 *
 * @module
 */

import type { Group } from "./command.ts";
import { reportError, type ReportOptions } from "./error_report.ts";
import { inheritedOptions } from "./global_options.ts";
import { type Host, thisProcess } from "./host.ts";
import { optionsOf, parse } from "./parse_args.ts";
import { findCommand, load } from "./find_command.ts";
import { version } from "./version.ts";

/** Runs what `argv` names in `tree`, and resolves to the exit code. */
export async function main(
  tree: Group,
  argv: readonly string[],
  host: Host = thisProcess(),
): Promise<number> {
  const flags = before(argv, "--");
  const manners: ReportOptions = {
    json: flags.includes("--json") || host.env["RELIER_OUTPUT"] === "json",
    debug: flags.includes("--debug") || Boolean(host.env["RELIER_DEBUG"]),
    color: !flags.includes("--no-color"),
  };
  try {
    return await dispatch(tree, argv, manners, host);
  } catch (error) {
    return await reportError(error, manners, host);
  }
}

async function dispatch(
  tree: Group,
  argv: readonly string[],
  manners: ReportOptions,
  host: Host,
): Promise<number> {
  if (argv[0] === "complete") {
    const { candidates } = await import("./completion_candidates.ts");
    for (const [word, about] of await candidates(tree, argv.slice(argv[1] === "--" ? 2 : 1))) {
      host.stdout.write(`${word}\t${about}\n`);
    }
    return 0;
  }
  const words = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  const { path, node, tokens } = findCommand(tree, words);
  const command = typeof node === "function" ? await load(node) : undefined;
  const own = optionsOf(command?.args ?? {});
  const flags = before(tokens, "--");
  // Asked for in this way, it is told even where the rest of the line is wrong.
  const asks = (long: string, short?: string): boolean =>
    flags.some((flag) =>
      flag === long ||
      (short && !own.has(`-${short}`) && /^-[A-Za-z]+$/.test(flag) && flag.includes(short))
    );
  if (asks("--describe")) {
    const { describe } = await import("./describe.ts");
    host.stdout.write(JSON.stringify(await describe(path, node), null, 2) + "\n");
  } else if (asks("--help", "h")) {
    const { help } = await import("./help.ts");
    host.stdout.write(await help(path, node, host, manners.color));
  } else if (asks("--version", "v") && !own.has("--version")) {
    host.stdout.write(version + "\n");
  } else if (command) {
    const { run } = await import("./run_command.ts");
    return await run({ tree, path, command, tokens }, manners, host);
  } else {
    parse(path, {}, inheritedOptions({ args: {} }), tokens);
    const { help } = await import("./help.ts");
    host.stdout.write(await help(path, node, host, manners.color));
  }
  return 0;
}

/** What stands before `end`. */
function before(tokens: readonly string[], end: string): readonly string[] {
  const at = tokens.indexOf(end);
  return at < 0 ? tokens : tokens.slice(0, at);
}
