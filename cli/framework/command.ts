/**
 * Commands and groups of commands. Both are commands of citty: a group has
 * lazy `subCommands`, and citty's `runCommand` runs a command with its context.
 *
 * @module
 */

import { type CommandContext, type CommandDef, defineCommand } from "citty";
import type { Relier } from "../../mod.ts";
import type { ArgsDef, ParsedArgs } from "./args.ts";
import type { Settings } from "./settings.ts";
import type { PlannedAction } from "./confirm.ts";
import type { Host } from "./host.ts";
import type { Output } from "./output.ts";

/** Description of a command, for help, completion and the parser. */
export interface CommandInfo<A extends ArgsDef = ArgsDef> {
  /** One line, without a full stop. */
  readonly summary: string;
  /** Further paragraphs for `--help`. */
  readonly details?: string;
  /** Complete command lines. */
  readonly examples: readonly string[];
  /** Options and positionals. */
  readonly args: A;
  /** Adds `--watch` and `--refresh`, which run the command repeatedly and repaint its output. */
  readonly watch?: true;
  /** Adds `--dry-run` and `--confirm`: the command changes many things and calls `context.confirm()`. */
  readonly bulk?: true;
  /** Changes to queues, tasks and workers are written to the operator log, with the user's name. */
  readonly acts?: true;
  /** Needs neither Redis nor a configuration file, so it works where either is broken. */
  readonly offline?: true;
  /** Ends by itself after a signal, however long that takes (a drain); others get half a second. */
  readonly graceful?: true;
}

/** Definition of a command. */
export interface CommandDefinition<A extends ArgsDef = ArgsDef> extends CommandInfo<A> {
  /** Runs the command; resolves to the exit code, 0 if undefined. */
  run(context: Context<A>): Promise<number | void>;
}

/** A command, as citty runs it: `data` is the {@linkcode Context}. */
export interface Command<A extends ArgsDef = ArgsDef> extends CommandInfo<A> {
  readonly meta: { readonly description: string };
  run(call: Pick<CommandContext, "data">): Promise<number | void>;
}

/** Loads a command on first use. */
// Only the command's own file knows the type of its arguments.
export type Load = () => Promise<Command<any>>;

/** A group of commands. It runs nothing itself. */
export interface Group extends CommandDef {
  readonly meta: { readonly description: string };
  /** The command to run when none is named. */
  readonly default?: string;
  readonly subCommands: Readonly<Record<string, Group | Load>>;
  /** The same commands under the headings of the help, if there are many. */
  readonly sections?: Readonly<Record<string, Group["subCommands"]>>;
}

/** Input of a running command. */
export interface Context<A extends ArgsDef = ArgsDef> {
  /** Options and positionals by name. Durations are text. */
  readonly args: ParsedArgs<A>;
  /** The values of a positional with `many`. */
  readonly rest: readonly string[];
  /** The client, created on first use and closed at the end. */
  readonly relier: Relier;
  /** Configuration, with the source of each value. */
  readonly settings: Settings;
  /** Prints results and messages. */
  readonly out: Output;
  /** Aborted by Ctrl-C, SIGTERM, or `--timeout`. */
  readonly signal: AbortSignal;
  /** True if `--watch` runs the command repeatedly. */
  readonly watching: boolean;
  /** Standard streams, environment and working directory. */
  readonly host: Host;
  /** All commands. */
  readonly tree: Group;
  /**
   * Shows the planned action and asks for confirmation; the default answer is No.
   *
   * @throws {CliError} 9 if the user does not confirm.
   */
  confirm(action: PlannedAction): Promise<void>;
}

/** Defines a command. */
export function command<const A extends ArgsDef>(definition: CommandDefinition<A>): Command<A> {
  return {
    ...definition,
    meta: { description: definition.summary },
    run: ({ data }) => definition.run(data as Context<A>),
  };
}

/** Defines a group of commands; `fallback` runs when none is named. */
export function group(
  description: string,
  subCommands: Group["subCommands"],
  fallback?: string,
): Group {
  const meta = { description };
  return defineCommand({
    meta,
    subCommands,
    ...(fallback !== undefined && { default: fallback }),
  }) as Group;
}

/** Makes a lazy command of a module whose default export it is. */
export function lazy(load: () => Promise<{ readonly default: Command<any> }>): Load {
  return async () => (await load()).default;
}
