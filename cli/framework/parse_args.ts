/**
 * Parses a command line strictly. `node:util` splits it into tokens; every
 * option and argument that a command does not declare is refused, so that a
 * typing error never runs something else.
 *
 * @module
 */

import { parseArgs } from "node:util";
import type { ArgDef, ArgsDef, ParsedArgs, Values } from "./args.ts";
import { CliError } from "./cli_error.ts";
import { choice, short } from "./option_values.ts";
import { didYouMean } from "./suggest.ts";

/** A parsed command line. */
export interface ParsedLine {
  /** The command's own arguments. */
  readonly args: ParsedArgs;
  /** The values of its last positional, if that has `many`. */
  readonly rest: readonly string[];
  /** The options it inherits. */
  readonly shared: Values;
}

interface Option {
  readonly name: string;
  readonly arg: ArgDef;
  /** The value of a boolean when this spelling is used. */
  readonly sets: boolean;
}

/** Options by their spelling: `--queue`, `-q`, `--no-keep`. */
export type Options = ReadonlyMap<string, Option>;

type Token = NonNullable<ReturnType<typeof parseArgs>["tokens"]>[number];
type OptionToken = Token & { readonly kind: "option" };
type Refuse = (message: string, hint?: string) => CliError;

/** The options among `args`, by their spelling. */
export function optionsOf(args: ArgsDef): Options {
  const options = new Map<string, Option>();
  for (const [name, arg] of Object.entries(args)) {
    if (arg.type === "positional") continue;
    options.set(`--${name}`, { name, arg, sets: true });
    for (const each of [arg.alias ?? []].flat()) {
      options.set((each.length > 1 ? "--" : "-") + each, { name, arg, sets: true });
    }
    const negative = arg.type === "boolean" && !name.startsWith("no-");
    if (negative) options.set(`--no-${name}`, { name, arg, sets: false });
  }
  return options;
}

/** True if a word is an option rather than a value: `-` is stdin, and `-5` is a number. */
export function isOption(word: string): boolean {
  return /^-[^\d.]/.test(word);
}

/** Splits `line` into tokens; `rawName` of an option is its spelling. */
export function tokenize(line: readonly string[], options: Options): Token[] {
  const config = Object.fromEntries([...options].map(([flag, { arg }]) => {
    const type = arg.type === "boolean" ? "boolean" as const : "string" as const;
    return flag.startsWith("--")
      ? [flag.slice(2), { type }]
      : [flag.slice(1), { type, short: flag.slice(1) }];
  }));
  const args = [...line];
  const { tokens } = parseArgs({
    args,
    options: config,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  return tokens.flatMap((token, i): Token[] => {
    const { kind, index } = token;
    if (kind !== "option" || isOption(line[index]!)) return [token];
    // A negative number comes as one option for each digit.
    return tokens[i - 1]?.index === index
      ? []
      : [{ kind: "positional", index, value: line[index]! }];
  });
}

/**
 * Parses `line` for the command at `path`.
 *
 * @throws {CliError} 2 with the word at fault, and a suggestion.
 */
export function parse(
  path: readonly string[],
  own: ArgsDef,
  shared: ArgsDef,
  line: readonly string[],
): ParsedLine {
  const name = ["rl", ...path].join(" ");
  const help = `run "${name} --help" to list its options`;
  const refuse: Refuse = (message, hint = help) => new CliError(2, message, { hint });
  const options = optionsOf({ ...shared, ...own });
  const values = new Map<string, string | boolean>();
  const given: string[] = [];
  for (const token of tokenize(line, options)) {
    if (token.kind === "positional") given.push(token.value);
    if (token.kind !== "option") continue;
    const [option, value] = optionValue(token, line, options, refuse);
    const before = values.get(option.name);
    const repeated = before !== undefined && before !== value;
    if (repeated && !(option.arg.many && typeof value === "string")) {
      throw refuse(
        `Cannot use option "${token.rawName}" twice: it was "${short(String(before))}" before`,
      );
    }
    values.set(option.name, repeated ? `${before},${value}` : value);
  }
  const wanted = Object.entries(own).filter(([, arg]) => arg.type === "positional");
  checkPositionals(name, wanted, given, refuse);
  const valueOf = ([key, arg]: [string, ArgDef]) => {
    const value = arg.type === "positional"
      ? given[wanted.findIndex(([each]) => each === key)]
      : values.get(key);
    if (value === undefined && arg.type !== "positional" && arg.required) {
      throw refuse(`Cannot run "${name}": option --${key} is missing`);
    }
    return [key, value ?? arg.default];
  };
  return {
    args: Object.fromEntries(Object.entries(own).map(valueOf)),
    rest: wanted.at(-1)?.[1].many ? given.slice(wanted.length - 1) : [],
    shared: Object.fromEntries([...values].filter(([key]) => !Object.hasOwn(own, key))),
  };
}

/** The option that `token` means, and its value. */
function optionValue(
  token: OptionToken,
  line: readonly string[],
  options: Options,
  refuse: Refuse,
): [option: Option, value: string | boolean] {
  const typed = line[token.index]!;
  const [flag = ""] = typed.split("=", 1);
  const cluster = !typed.startsWith("--") && flag.length > 2;
  const option = options.get(token.rawName);
  const takesValue = option?.arg.type !== "boolean";
  // In `-sf`, f would be the value of s: more often it is a long option with a dash missing.
  const glued = cluster && takesValue && token.inlineValue && !token.value?.startsWith("=");
  if (token.rawName === "-=" || (option && !takesValue && token.inlineValue)) {
    throw refuse(`Cannot use option "${short(typed)}": ${flag} takes no value`);
  }
  if (option === undefined || glued) {
    const unknown = cluster && (glued || !flag.endsWith(token.name)) ? flag : token.rawName;
    const hint = didYouMean(unknown, [...options.keys()], undefined);
    throw refuse(`Cannot find option "${short(unknown)}"`, hint);
  }
  if (!takesValue) return [option, option.sets];
  const inline = token.inlineValue === true;
  const value = inline && !typed.startsWith("--") ? token.value?.slice(1) : token.value;
  const missing = value === undefined || value === "" ||
    (!inline && (value.startsWith("--") || options.has(value)));
  if (missing) throw refuse(`Cannot use option "${token.rawName}": its value is missing`);
  const { arg } = option;
  return [option, arg.type === "enum" ? choice(token.rawName, value, arg.options) : value];
}

function checkPositionals(
  name: string,
  wanted: readonly [string, ArgDef][],
  given: readonly string[],
  refuse: Refuse,
): void {
  const required = wanted.filter(([, arg]) => arg.required !== false && arg.default === undefined);
  const missing = required[given.length];
  if (missing) throw refuse(`Cannot run "${name}": <${missing[0]}> is missing`);
  if (!wanted.at(-1)?.[1].many && given.length > wanted.length) {
    const extra = short(given[wanted.length]!);
    const takes = wanted.length === 0
      ? "takes none here"
      : `takes only ${wanted.map(([each]) => `<${each}>`).join(" ")}`;
    throw refuse(`Cannot use argument "${extra}": "${name}" ${takes}`);
  }
  for (const [i, [each, arg]] of wanted.entries()) {
    if (given[i] === "" && !arg.many) throw refuse(`Cannot use argument <${each}>: it is empty`);
  }
}
