/**
 * Finds the command that a command line names. Options may stand before,
 * between and after the names.
 *
 * citty's own lookup is not used: it drops options in front of a nested name,
 * and loads every command of a group when a name is unknown.
 *
 * @module
 */

import type { Group, Load } from "./command.ts";
import { CliError } from "./cli_error.ts";
import { short } from "./option_values.ts";
import { globalOptions } from "./global_options.ts";
import { didYouMean } from "./suggest.ts";
import { optionsOf, tokenize } from "./parse_args.ts";

/** The command or group that a command line names. */
export interface FoundCommand {
  /** The names that lead to it. */
  readonly path: readonly string[];
  readonly node: Group | Load;
  /** The rest of the command line. */
  readonly tokens: readonly string[];
}

const known = optionsOf(globalOptions);
const meta = new Set(["--help", "-h", "--describe", "--version", "-v"]);

/**
 * Finds the command that `argv` names. Returns the group instead if the line
 * ends there and asks for its help, or if the group has no default command.
 *
 * @throws {CliError} 2 if there is no such command.
 */
export function findCommand(tree: Group, argv: readonly string[]): FoundCommand {
  let node: Group = tree;
  const path: string[] = [];
  const names = new Set<number>();
  const rest = (): string[] => argv.filter((_, i) => !names.has(i));
  let asksForHelp = false;
  let complete = true;
  for (const token of tokenize(argv, known)) {
    if (token.kind === "option" && known.has(token.rawName)) {
      asksForHelp ||= meta.has(token.rawName);
      continue;
    }
    if (token.kind !== "positional") {
      complete = false;
      break;
    }
    const next = childOf(node, token.value);
    if (next === undefined) throw unknownCommand(path, token.value, node);
    names.add(token.index);
    path.push(token.value);
    if (typeof next === "function") return { path, node: next, tokens: rest() };
    node = next;
  }
  const fallback = node.default === undefined ? undefined : node.subCommands[node.default];
  if ((complete && asksForHelp) || typeof fallback !== "function") {
    return { path, node, tokens: rest() };
  }
  return { path: [...path, node.default!], node: fallback, tokens: rest() };
}

/** The command or group `name` of `group`. */
export function childOf(group: Group, name: string): Group | Load | undefined {
  return Object.hasOwn(group.subCommands, name) ? group.subCommands[name] : undefined;
}

function unknownCommand(path: readonly string[], name: string, node: Group): CliError {
  const within = path.length > 0 ? ` of "rl ${path.join(" ")}"` : "";
  const help = `run "${["rl", ...path, "--help"].join(" ")}" to list the commands`;
  return new CliError(2, `Cannot find command "${short(name)}"${within}`, {
    hint: didYouMean(name, Object.keys(node.subCommands), help),
  });
}
