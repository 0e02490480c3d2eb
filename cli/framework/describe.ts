/**
 * Describes commands as data, for `--describe`, help and completion.
 *
 * @module
 */

import type { ArgDef, ArgsDef } from "./args.ts";
import type { CommandInfo, Group, Load } from "./command.ts";
import { globalOptions, inheritedOptions } from "./global_options.ts";
import { summaries } from "./summaries.ts";

/** Meaning of the exit codes. */
export const exitCodes: Readonly<Record<number, string>> = {
  0: "ok",
  1: "failed",
  2: "wrong usage",
  3: "cannot reach Redis",
  4: "not found",
  5: "conflict",
  6: "timed out",
  7: "unhealthy",
  8: "invariant broken",
  9: "confirmation needed",
};

/** A positional. */
export interface DescribedPositional {
  readonly name: string;
  readonly description: string;
  readonly required: boolean;
  readonly many: boolean;
  readonly default?: string;
}

/** An option. */
export interface DescribedOption {
  readonly name: string;
  /** Spellings: `--queue`, `-q`, `--no-keep`. */
  readonly flags: readonly string[];
  readonly type: "boolean" | "string" | "enum";
  readonly description: string;
  /** Placeholder of the value; absent if the option takes none. */
  readonly value?: string;
  readonly choices?: readonly string[];
  readonly default?: string | boolean;
  readonly required: boolean;
  readonly many: boolean;
}

/** A command. */
export interface DescribedCommand {
  readonly path: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly details?: string;
  readonly positionals: readonly DescribedPositional[];
  /** Options of this command. */
  readonly options: readonly DescribedOption[];
  /** Options of every command. */
  readonly globals: readonly DescribedOption[];
  readonly examples: readonly string[];
  readonly exitCodes: typeof exitCodes;
}

/** A group of commands. */
export interface DescribedGroup {
  readonly path: readonly string[];
  readonly usage: string;
  readonly summary: string;
  readonly default?: string;
  readonly commands: Readonly<Record<string, DescribedCommand | DescribedGroup>>;
  readonly globals: readonly DescribedOption[];
}

/** Describes the command or group at `path`, with everything below it. */
export async function describe(
  path: readonly string[],
  node: Group | Load,
): Promise<DescribedCommand | DescribedGroup> {
  if (typeof node === "function") return describeCommand(path, await node());
  const below = Object.entries(node.subCommands).map(async ([name, child]) =>
    [name, await describe([...path, name], child)] as const
  );
  return {
    path,
    usage: usageOf(path, node),
    summary: node.meta.description,
    ...(node.default !== undefined && { default: node.default }),
    commands: Object.fromEntries(await Promise.all(below)),
    globals: describeGlobals(),
  };
}

/** Usage line of the group at `path`. */
export function usageOf(path: readonly string[], node: Group): string {
  const word = node.default === undefined ? "<command>" : "[command]";
  return ["rl", ...path, word, "[options]"].join(" ");
}

/** Describes the options of every command. */
export function describeGlobals(): DescribedOption[] {
  return optionsIn(globalOptions);
}

/** Summary of the command or group at `path`; loads the command only if the build has none. */
export async function summaryOf(path: readonly string[], node: Group | Load): Promise<string> {
  if (typeof node !== "function") return node.meta.description;
  return summaries[path.join(" ")] ?? (await node()).summary;
}

/** Summaries of all commands below `path`, by path. */
export async function summariesOf(
  node: Group | Load,
  path: readonly string[] = [],
): Promise<Record<string, string>> {
  if (typeof node === "function") return { [path.join(" ")]: (await node()).summary };
  const below = Object.entries(node.subCommands).map(([name, child]) =>
    summariesOf(child, [...path, name])
  );
  return Object.assign({}, ...await Promise.all(below));
}

/** Describes a command. */
export function describeCommand(path: readonly string[], command: CommandInfo): DescribedCommand {
  const { args, summary, details, examples } = command;
  const all = inheritedOptions(command);
  const plain = inheritedOptions({ args });
  const gained = Object.entries(all).filter(([name]) => !Object.hasOwn(plain, name));
  const positionals = Object.entries(args).flatMap(([name, arg]) =>
    arg.type === "positional" ? [positionalOf(name, arg)] : []
  );
  const written = positionals.map(({ name, required, many }) => {
    const word = many ? `${name}...` : name;
    return required ? `<${word}>` : `[${word}]`;
  });
  return {
    path,
    usage: ["rl", ...path, ...written, "[options]"].join(" "),
    summary,
    ...(details !== undefined && { details }),
    positionals,
    options: [...optionsIn(args), ...optionsIn(Object.fromEntries(gained))],
    globals: optionsIn(plain),
    examples,
    exitCodes,
  };
}

function positionalOf(name: string, arg: ArgDef): DescribedPositional {
  return {
    name,
    description: arg.description ?? "",
    required: arg.required !== false && arg.default === undefined,
    many: arg.many === true,
    ...(arg.default !== undefined && { default: String(arg.default) }),
  };
}

function optionsIn(args: ArgsDef): DescribedOption[] {
  return Object.entries(args).flatMap(([name, arg]) => {
    if (arg.type === "positional") return [];
    const { type, description = "", required = false, many = false } = arg;
    const negated = type === "boolean" && arg.default === true;
    const short = [arg.alias ?? []].flat().map((each) => (each.length > 1 ? "--" : "-") + each);
    return [{
      name,
      flags: negated ? [`--no-${name}`, `--${name}`] : [...short, `--${name}`],
      type,
      description: negated ? arg.negativeDescription ?? description : description,
      ...(type !== "boolean" && { value: arg.valueHint ?? (type === "enum" ? "choice" : "text") }),
      ...(type === "enum" && { choices: arg.options }),
      ...(arg.default !== undefined && { default: arg.default }),
      required,
      many,
    }];
  });
}
