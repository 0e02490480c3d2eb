/**
 * The options every command has, wherever they stand on the line, and those
 * that come with what a command says of itself.
 *
 * @module
 */

import type { ArgsDef } from "./args.ts";
import type { Command } from "./command.ts";

/** The options of every command. */
export const globalOptions: ArgsDef = {
  url: { type: "string", valueHint: "redis", description: "Redis to use" },
  prefix: { type: "string", valueHint: "name", description: "What keys begin with" },
  config: { type: "string", alias: "c", valueHint: "file", description: "Configuration file" },
  env: { type: "string", valueHint: "name", description: "Environment, such as production" },
  json: { type: "boolean", description: "Print JSON: one line for each value" },
  quiet: { type: "boolean", alias: "q", description: "Print ids only" },
  wide: { type: "boolean", description: "Show every column" },
  iso: { type: "boolean", description: "Show times as dates" },
  "no-color": { type: "boolean", description: "Print without colours" },
  yes: { type: "boolean", alias: "y", description: "Do not ask before changing things" },
  "no-input": { type: "boolean", description: "Never ask; fail instead" },
  timeout: { type: "string", valueHint: "duration", description: "Give up after this long" },
  debug: { type: "boolean", description: "Show where errors come from" },
  describe: { type: "boolean", description: "Print what this takes, as JSON" },
  help: { type: "boolean", alias: "h", description: "Show help" },
  version: { type: "boolean", alias: "v", description: "Show the version" },
};

/** The options of commands that can be watched. */
const watching: ArgsDef = {
  watch: { type: "boolean", alias: "w", description: "Show it again and again, until Ctrl-C" },
  refresh: {
    type: "string",
    valueHint: "duration",
    default: "1s",
    description: "How often it is shown with --watch",
  },
};

/** The options of commands that change much at once. */
const bulky: ArgsDef = {
  "dry-run": { type: "boolean", description: "Only show what would be done" },
  confirm: {
    type: "string",
    valueHint: "queue",
    description: "Confirm by the name of the queue, in production",
  },
};

/** What `command` takes beside its own arguments: what it has itself goes before. */
export function inheritedOptions(
  { args, watch, bulk }: Pick<Command, "args" | "watch" | "bulk">,
): ArgsDef {
  const all: ArgsDef = { ...(watch && watching), ...(bulk && bulky), ...globalOptions };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(args, name)));
}
