/**
 * From the words of a command line to the command they name. Options may
 * stand before, between and behind them.
 *
 * @module
 */

import type { Command, Group, Load } from "./command.ts";
import { CliError } from "./cli_error.ts";
import { short } from "./option_values.ts";
import { globalOptions } from "./global_options.ts";
import { didYouMean } from "./suggest.ts";
import { isOption, optionsOf } from "./parse_args.ts";

/** What a command line names. */
export interface FoundCommand {
  /** The words that lead there. */
  readonly path: readonly string[];
  /** What is there. */
  readonly node: Group | Load;
  /** The tokens that are left for it. */
  readonly tokens: readonly string[];
}

const known = optionsOf(globalOptions);
const meta = new Set(["--help", "-h", "--describe", "--version", "-v"]);

/**
 * Finds what `argv` names: a command, or a group if it ends there and asks for
 * its help, or has no command that runs by default.
 *
 * @throws {CliError} 2 if there is no such command
 */
export function findCommand(tree: Group, argv: readonly string[]): FoundCommand {
  let node: Group = tree;
  const path: string[] = [];
  const tokens: string[] = [];
  const queue = [...argv];
  for (;;) {
    const token = queue[0];
    const [flag = ""] = token?.split("=", 1) ?? [];
    const option = known.get(flag);
    const wordless = token === undefined || token === "--" || (isOption(token) && !option);
    if (option) {
      tokens.push(queue.shift()!);
      const separate = option.arg.type !== "boolean" && flag === token;
      if (separate && queue.length > 0) tokens.push(queue.shift()!);
    } else if (!wordless) {
      const next = Object.hasOwn(node.commands, token) ? node.commands[token]! : undefined;
      if (next === undefined) throw unknown(path, token, node);
      queue.shift();
      path.push(token);
      if (typeof next === "function") return { path, node: next, tokens: [...tokens, ...queue] };
      node = next;
    } else {
      const left = [...tokens, ...queue];
      const asks = queue.length === 0 && tokens.some((each) => meta.has(each));
      const fallback = node.default === undefined ? undefined : node.commands[node.default];
      if (asks || typeof fallback !== "function") return { path, node, tokens: left };
      return { path: [...path, node.default!], node: fallback, tokens: left };
    }
  }
}

function unknown(path: readonly string[], token: string, node: Group): CliError {
  const within = path.length > 0 ? ` of "rl ${path.join(" ")}"` : "";
  const help = `run "${["rl", ...path, "--help"].join(" ")}" to see what there is`;
  return new CliError(2, `Cannot find command "${short(token)}"${within}`, {
    hint: didYouMean(token, Object.keys(node.commands), help),
  });
}

/** Loads a command. */
export async function load(node: Load): Promise<Command> {
  return (await node()).default;
}
