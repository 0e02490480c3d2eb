/**
 * `rl version`: prints the version.
 *
 * @module
 */

import { type Command, command } from "../framework/command.ts";
import { version } from "../framework/version.ts";

const versionCommand: Command<Record<never, never>> = command({
  summary: "Print the version",
  examples: ["rl version", "rl version --json"],
  args: {},
  offline: true,
  run({ out }) {
    out.record({ version }, () => out.line(version));
    return Promise.resolve(0);
  },
});

export default versionCommand;
