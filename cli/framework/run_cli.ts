/**
 * Runs a command line: finds the command, answers `--help`, `--describe` and
 * `--version`, and turns every error into one line and an exit code.
 *
 * @module
 */

import type { Command, Group } from "./command.ts";
import { reportError, type ReportOptions } from "./error_report.ts";
import { inheritedOptions } from "./global_options.ts";
import { type Host, thisProcess } from "./host.ts";
import { optionsOf, parse } from "./parse_args.ts";
import { findCommand } from "./find_command.ts";
import { version } from "./version.ts";

/** Runs the command of `tree` that `argv` names; resolves to the exit code. */
export async function main(
  tree: Group,
  argv: readonly string[],
  host: Host = thisProcess(),
): Promise<number> {
  const flags = before(argv, "--");
  const report: ReportOptions = {
    json: flags.includes("--json") || flags.includes("-j") || host.env["RELIER_OUTPUT"] === "json",
    debug: flags.includes("--debug") || Boolean(host.env["RELIER_DEBUG"]),
    color: !flags.includes("--no-color"),
  };
  try {
    return await dispatch(tree, argv, report, host);
  } catch (error) {
    return await reportError(error, report, host);
  }
}

async function dispatch(
  tree: Group,
  argv: readonly string[],
  report: ReportOptions,
  host: Host,
): Promise<number> {
  if (argv[0] === "complete") {
    const { candidates } = await import("./completion_candidates.ts");
    const { lookupFor } = await import("./completion_values.ts");
    const words = argv.slice(argv[1] === "--" ? 2 : 1);
    for (const [word, about] of await candidates(tree, words, lookupFor(words, host))) {
      host.stdout.write(`${word}\t${about}\n`);
    }
    return 0;
  }
  const line = argv[0] === "help" ? [...argv.slice(1), "--help"] : argv;
  const { path, node, tokens } = findCommand(tree, line);
  const command = typeof node === "function" ? await node() : undefined;
  const request = metaRequest(command, before(tokens, "--"));
  if (request === "describe") {
    const { describe } = await import("./describe.ts");
    host.stdout.write(JSON.stringify(await describe(path, node), null, 2) + "\n");
  } else if (request === "version") {
    host.stdout.write(version + "\n");
  } else if (command && request === undefined) {
    const { run } = await import("./run_command.ts");
    return await run({ tree, path, command, tokens }, report, host);
  } else {
    if (!command && request === undefined) parse(path, {}, inheritedOptions({ args: {} }), tokens);
    const { help } = await import("./help.ts");
    host.stdout.write(await help(path, node, host, report.color));
  }
  return 0;
}

/** The option among `flags` that is answered without running, even if the rest of the line is wrong. */
function metaRequest(
  command: Command | undefined,
  flags: readonly string[],
): "describe" | "help" | "version" | undefined {
  const own = optionsOf(command?.args ?? {});
  const has = (long: string, letter?: string): boolean =>
    flags.some((flag) =>
      flag === long ||
      (letter && !own.has(`-${letter}`) && /^-[A-Za-z]+$/.test(flag) && flag.includes(letter))
    );
  if (has("--describe")) return "describe";
  if (has("--help", "h")) return "help";
  return has("--version", "v") && !own.has("--version") ? "version" : undefined;
}

/** The words before `end`. */
function before(words: readonly string[], end: string): readonly string[] {
  const at = words.indexOf(end);
  return at < 0 ? words : words.slice(0, at);
}
