/**
 * Reading a command line strictly. The parser below takes what it does not
 * know for a positional and says nothing, so a typing error would run
 * something else than what was asked for.
 *
 * @module
 */

import { type ArgsDef as CittyArgs, parseArgs } from "citty";
import type { ArgDef, ArgsDef, ParsedArgs, Values } from "./args.ts";
import { CliError } from "./cli_error.ts";
import { choice, short } from "./option_values.ts";
import { didYouMean } from "./suggest.ts";

/** What a command line says. */
export interface Parsed {
  /** The command's own arguments. */
  readonly args: ParsedArgs;
  /** The values of its last positional, where that takes many. */
  readonly rest: readonly string[];
  /** The options it inherits. */
  readonly shared: Values;
}

interface Option {
  readonly name: string;
  readonly arg: ArgDef;
  /** What a boolean is when this is written. */
  readonly sets: boolean;
}

/** Everything that can be written, by how it is written: `--queue`, `-q`, `--no-keep`. */
export function optionsOf(args: ArgsDef): Map<string, Option> {
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

/** Whether a token is an option rather than a value: `-` is stdin, and `-5` is a number. */
export function isOption(token: string): boolean {
  return /^-[^\d.]/.test(token);
}

/**
 * Reads `tokens` for the command at `path`.
 *
 * @throws {CliError} 2, naming what is wrong, and what was probably meant
 */
export function parse(
  path: readonly string[],
  own: ArgsDef,
  shared: ArgsDef,
  tokens: readonly string[],
): Parsed {
  const line = ["rl", ...path].join(" ");
  const help = `run "${line} --help" to see what it takes`;
  const refuse = (message: string, hint = help): CliError => new CliError(2, message, { hint });
  const options = optionsOf({ ...shared, ...own });
  const values = new Map<string, string | boolean>();
  const positionals: string[] = [];
  const queue = [...tokens];

  const take = (flag: string, inline: string | undefined): string => {
    const value = inline ?? queue.shift();
    const missing = value === undefined || value === "" ||
      (inline === undefined && (value.startsWith("--") || options.has(value)));
    if (missing) throw refuse(`Cannot use option "${flag}": its value is missing`);
    return value;
  };
  const set = (flag: string, { name, arg }: Option, value: string | boolean): void => {
    const before = values.get(name);
    if (before === undefined || before === value) {
      values.set(name, value);
    } else if (arg.many && typeof value === "string") {
      values.set(name, `${before},${value}`);
    } else {
      throw refuse(
        `Cannot use option "${flag}" twice: it was "${short(String(before))}" before`,
      );
    }
  };

  while (queue.length > 0) {
    const token = queue.shift()!;
    if (token === "--") {
      positionals.push(...queue.splice(0));
    } else if (!isOption(token)) {
      positionals.push(token);
    } else {
      const [flag = "", inline] = token.split(/=(.*)/s);
      if (!flag.startsWith("--") && flag.length > 2) {
        // `-qw` is `-q -w`; what follows the last belongs to it.
        const letters = [...flag.slice(1)].map((letter) => `-${letter}`);
        const last = letters.pop()! + (inline === undefined ? "" : `=${inline}`);
        const bad = letters.find((letter) => options.get(letter)?.arg.type !== "boolean");
        if (bad === undefined) {
          queue.unshift(...letters, last);
          continue;
        }
      }
      const option = options.get(flag);
      if (option === undefined) {
        const hint = didYouMean(flag, [...options.keys()], help);
        throw refuse(`Cannot find option "${short(flag)}"`, hint);
      }
      if (option.arg.type === "boolean") {
        if (inline !== undefined) {
          throw refuse(`Cannot use option "${short(token)}": ${flag} takes no value`);
        }
        set(flag, option, option.sets);
      } else {
        const value = take(flag, inline);
        const { arg } = option;
        set(flag, option, arg.type === "enum" ? choice(flag, value, arg.options) : value);
      }
    }
  }

  const wanted = Object.entries(own)
    .filter(([, arg]) => arg.type === "positional");
  const required = wanted.filter(([, arg]) => arg.required !== false && arg.default === undefined);
  const missing = required[positionals.length];
  if (missing) {
    throw refuse(`Cannot run "${line}": <${missing[0]}> is missing`);
  }
  const many = wanted.at(-1)?.[1].many === true;
  if (!many && positionals.length > wanted.length) {
    const extra = short(positionals[wanted.length]!);
    const takes = wanted.length === 0
      ? "takes none here"
      : `takes only ${wanted.map(([name]) => `<${name}>`).join(" ")}`;
    throw refuse(`Cannot use argument "${extra}": "${line}" ${takes}`);
  }
  for (const [i, [name, arg]] of wanted.entries()) {
    if (positionals[i] === "" && !arg.many) {
      throw refuse(`Cannot use argument <${name}>: it is empty`);
    }
  }
  for (const [name, arg] of Object.entries(own)) {
    if (arg.type === "positional" || !arg.required || values.has(name)) continue;
    throw refuse(`Cannot run "${line}": option --${name} is missing`);
  }

  const normal = [...values].filter(([name]) => Object.hasOwn(own, name)).map(([name, value]) =>
    value === true ? `--${name}` : value === false ? `--no-${name}` : `--${name}=${value}`
  );
  return {
    args: parseArgs([...normal, "--", ...positionals], own as CittyArgs) as ParsedArgs,
    rest: many ? positionals.slice(wanted.length - 1) : [],
    shared: Object.fromEntries([...values].filter(([name]) => !Object.hasOwn(own, name))),
  };
}
