/**
 * From arguments to an exit code. Finds the command, refuses what it does not
 * know before anything runs, and turns every error into one line and a hint.
 *
 * Exit codes: 0 done · 1 failed · 2 wrong usage · 3 Redis cannot be reached ·
 * 8 an invariant is broken.
 *
 * @module
 */

import process from "node:process";
import { stripVTControlCharacters } from "node:util";
import { type CommandDef, renderUsage, runCommand } from "citty";
import { checkFlags, closest } from "./flags.ts";
import { CliError } from "./error.ts";

/** Runs the command that `rawArgs` names, and resolves to the exit code. */
export async function main(root: CommandDef, rawArgs: readonly string[]): Promise<number> {
  // A reader that has seen enough, such as `head`, is no failure.
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE") process.exit(0);
    throw error;
  });
  try {
    return await dispatch(root, rawArgs);
  } catch (error) {
    return complain(error, rawArgs.includes("--json"));
  }
}

async function dispatch(root: CommandDef, rawArgs: readonly string[]): Promise<number> {
  const [first = "--help", ...rest] = rawArgs;
  if (first === "--version" || first === "-v") {
    console.log((await resolved(root.meta))?.version);
    return 0;
  }
  if (first === "--help" || first === "-h") return await help(root);
  const commands = await resolved(root.subCommands) ?? {};
  if (!Object.hasOwn(commands, first)) {
    const guess = closest(first, Object.keys(commands));
    const kind = first.startsWith("-") ? "option" : "command";
    throw new CliError(2, `Cannot find ${kind} "${first}"`, {
      hint: guess ? `did you mean "${guess}"?` : 'run "rl --help" to see what there is',
    });
  }
  const command = await resolved(commands[first]) as CommandDef;
  const end = rest.indexOf("--");
  const flags = end < 0 ? rest : rest.slice(0, end);
  if (flags.includes("--help") || flags.includes("-h")) return await help(command, root);
  checkFlags(first, await resolved(command.args) ?? {}, rest);
  const { result } = await runCommand(command, { rawArgs: rest });
  return typeof result === "number" ? result : 0;
}

async function help(command: CommandDef, parent?: CommandDef): Promise<number> {
  const text = await renderUsage(command, parent);
  const plain = !process.stdout.isTTY || process.env["NO_COLOR"];
  console.log(plain ? stripVTControlCharacters(text) : text);
  return 0;
}

function complain(error: unknown, json: boolean): number {
  const { message } = error instanceof Error ? error : new Error(String(error));
  const exit = error instanceof CliError ? error.exit : 1;
  const hint = (error as { hint?: unknown } | null)?.hint;
  if (json) {
    console.error(JSON.stringify({ error: message, ...(typeof hint === "string" && { hint }) }));
  } else {
    console.error(`error: ${message}`);
    if (typeof hint === "string") console.error(`hint:  ${hint}`);
  }
  if (process.env["RELIER_DEBUG"]) console.error(error);
  return exit;
}

/** citty lets everything be a value, a promise of it, or a function to either. */
async function resolved<T>(value: T | Promise<T> | (() => T | Promise<T>)): Promise<T> {
  return await (typeof value === "function" ? (value as () => T | Promise<T>)() : value);
}
