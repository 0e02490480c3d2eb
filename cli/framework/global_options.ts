/**
 * Options that every command has, and those that come with `watch` and `bulk`.
 *
 * @module
 */

import type { ArgsDef } from "./args.ts";
import type { CommandInfo } from "./command.ts";

/** Options of every command. */
export const globalOptions: ArgsDef = {
  url: { type: "string", valueHint: "redis", description: "Redis URL" },
  prefix: { type: "string", valueHint: "name", description: "Prefix of all keys in Redis" },
  config: { type: "string", alias: "c", valueHint: "file", description: "Configuration file" },
  env: { type: "string", valueHint: "name", description: "Environment, such as production" },
  json: { type: "boolean", alias: "j", description: "Print JSON, one line per value" },
  quiet: { type: "boolean", alias: "q", description: "Print only ids" },
  wide: { type: "boolean", description: "Show all columns" },
  iso: { type: "boolean", description: "Show times as ISO 8601 dates" },
  "no-color": { type: "boolean", description: "Disable colours" },
  yes: { type: "boolean", alias: "y", description: "Do not ask for confirmation" },
  "no-input": { type: "boolean", description: "Never prompt; fail instead" },
  timeout: { type: "string", valueHint: "duration", description: "Time limit for the command" },
  debug: { type: "boolean", description: "Show stack traces of errors" },
  describe: { type: "boolean", description: "Print arguments and options as JSON" },
  help: { type: "boolean", alias: "h", description: "Show help" },
  version: { type: "boolean", alias: "v", description: "Show the version" },
};

/** Options of commands with `watch`. */
const watchOptions: ArgsDef = {
  watch: { type: "boolean", alias: "w", description: "Repeat until Ctrl-C" },
  refresh: {
    type: "string",
    valueHint: "duration",
    default: "1s",
    description: "Interval of --watch",
  },
};

/** Options of commands with `bulk`. */
const bulkOptions: ArgsDef = {
  "dry-run": { type: "boolean", description: "Show what would change, and change nothing" },
  confirm: {
    type: "string",
    valueHint: "queue",
    description: "Confirm with the name of the queue, in production",
  },
};

/** Options of `command` that it does not declare itself; its own take precedence. */
export function inheritedOptions(
  { args, watch, bulk }: Pick<CommandInfo, "args" | "watch" | "bulk">,
): ArgsDef {
  const all: ArgsDef = { ...(watch && watchOptions), ...(bulk && bulkOptions), ...globalOptions };
  return Object.fromEntries(Object.entries(all).filter(([name]) => !Object.hasOwn(args, name)));
}
