/**
 * What a command is, and what it gets to work with.
 *
 * @module
 */

import type { Relier } from "../mod.ts";
import type { Settings } from "./kernel/config.ts";
import type { Act } from "./kernel/confirm.ts";
import type { Host } from "./kernel/host.ts";
import type { Output } from "./output.ts";

/** What every argument says of itself; the names are those of the parser, citty. */
interface Described {
  /** What it is, without a full stop. */
  readonly description?: string;
  /** What stands for its value in help. */
  readonly valueHint?: string;
  /** Other names: one letter, or a word. */
  readonly alias?: string | readonly string[];
  /** Whether the command does not run without it. Positionals are, unless they say no. */
  readonly required?: boolean;
  /** The last positional takes all values that follow; an option may be repeated, joined by commas. */
  readonly many?: boolean;
}

/** One argument of a command. */
export type ArgDef =
  & Described
  & (
    | {
      readonly type: "boolean";
      readonly default?: boolean;
      readonly negativeDescription?: string;
    }
    | { readonly type: "string" | "positional"; readonly default?: string }
    | { readonly type: "enum"; readonly options: readonly string[]; readonly default?: string }
  );

/** The arguments of a command by name. */
export type ArgsDef = Readonly<Record<string, ArgDef>>;

type Text<T extends ArgDef> = T extends { readonly options: readonly (infer O)[] } ? O : string;
type Given<T extends ArgDef> = T extends { readonly default: string | boolean } ? true
  : T extends { readonly required: false } ? false
  : T extends { readonly required: true } | { readonly type: "positional" } ? true
  : false;
type ValueOf<T extends ArgDef> = T extends ArgDef
  ? (T["type"] extends "boolean" ? boolean : Text<T>) | (Given<T> extends true ? never : undefined)
  : never;

/** The values of the arguments by name. */
export type ParsedArgs<A extends ArgsDef = ArgsDef> = { readonly [K in keyof A]: ValueOf<A[K]> };

/** One thing `rl` can do. */
export interface Command<A extends ArgsDef = ArgsDef> {
  /** One line, without a full stop. */
  readonly summary: string;
  /** Further paragraphs for `--help`. */
  readonly details?: string;
  /** Whole command lines. */
  readonly examples: readonly string[];
  /** The options and positionals. */
  readonly args: A;
  /** Has `--watch` and `--refresh`: it is run again and again, and its output repainted. */
  readonly watch?: true;
  /** Changes or removes much at once: has `--dry-run` and `--confirm`, and calls `context.confirm()`. */
  readonly bulk?: true;
  /** Needs neither Redis nor a configuration file: works where either is broken. */
  readonly offline?: true;
  /** Ends by itself after a signal, however long that takes (a drain); others are given a moment. */
  readonly graceful?: true;
  /** Does it; resolves to the exit code, 0 if to nothing. */
  run(context: Context<A>): Promise<number | void>;
}

/** Loads a command when it is called for. */
// What a command's arguments are is known to its own file only.
export type Load = () => Promise<{ readonly default: Command<any> }>;

/** Commands that belong together. It does nothing itself. */
export interface Group {
  /** One line, without a full stop. */
  readonly summary: string;
  /** The command that runs when none is named. */
  readonly default?: string;
  /** Its commands, and groups within it, by name. */
  readonly commands: Readonly<Record<string, Group | Load>>;
}

/** What a command works with. */
export interface Context<A extends ArgsDef = ArgsDef> {
  /** The options and positionals by name. Durations are texts. */
  readonly args: ParsedArgs<A>;
  /** The values of a positional that says `many`. */
  readonly rest: readonly string[];
  /** The client, made from the settings at first use and closed at the end. */
  readonly relier: Relier;
  /** What is configured, and where each value came from. */
  readonly settings: Settings;
  /** Where results and remarks go. */
  readonly out: Output;
  /** Aborted by Ctrl-C, SIGTERM, and when `--timeout` has passed. */
  readonly signal: AbortSignal;
  /** Whether it is run again and again, by `--watch`. */
  readonly watching: boolean;
  /** The world outside: stdin, environment, working directory. */
  readonly host: Host;
  /** Everything `rl` can do. */
  readonly tree: Group;
  /**
   * Shows what is about to happen and asks; the answer is No unless it is yes.
   *
   * @throws {CliError} 9 if it is not confirmed.
   */
  confirm(act: Act): Promise<void>;
}

/** Defines a command. */
export function command<const A extends ArgsDef>(definition: Command<A>): Command<A> {
  return definition;
}
