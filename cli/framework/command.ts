/**
 * What a command is, and what it gets to work with.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";
import type { ArgsDef, ParsedArgs } from "./args.ts";
import type { Settings } from "./settings.ts";
import type { PlannedAction } from "./confirm.ts";
import type { Host } from "./host.ts";
import type { Output } from "./output.ts";

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
  /** What it does to queues, tasks and workers is kept, with who did it. */
  readonly acts?: true;
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
  confirm(act: PlannedAction): Promise<void>;
}

/** Defines a command. */
export function command<const A extends ArgsDef>(definition: Command<A>): Command<A> {
  return definition;
}
