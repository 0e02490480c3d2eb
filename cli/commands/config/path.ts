/**
 * `rl config path`: prints the path of the configuration file in use.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { configPath } from "../../framework/config_file.ts";
import { CliError } from "../../framework/cli_error.ts";

const args = {
  config: {
    type: "string",
    alias: "c",
    valueHint: "file",
    description: "Configuration file to use instead of the nearest",
  },
} as const;

const path: Command<typeof args> = command({
  summary: "Print the path of the configuration file",
  details: "The nearest relier.config.ts, .mts, .js, .mjs or .json above the working directory, " +
    'or a package.json with a field "relier". The file is not read.',
  examples: ["rl config path"],
  args,
  offline: true,
  async run({ args, out, host }) {
    const found = await Promise.resolve(configPath(args, host));
    if (found === undefined) {
      throw new CliError(4, `Cannot find a configuration file above ${host.cwd}`, {
        hint: 'the file is optional; "rl init" writes one',
      });
    }
    out.record({ path: found, id: found }, () => out.line(found));
  },
});

export default path;
