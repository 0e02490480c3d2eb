/**
 * `rl config validate`: reads the configuration file, and reports its errors.
 *
 * @module
 */

import { resolve } from "node:path";
import { type Command, command } from "../../framework/command.ts";
import { configPath, readConfig } from "../../framework/config_file.ts";

const args = {
  file: {
    type: "positional",
    required: false,
    description: "Configuration file (default: the nearest)",
  },
  config: {
    type: "string",
    alias: "c",
    valueHint: "file",
    description: "Configuration file, as an option",
  },
} as const;

const validate: Command<typeof args> = command({
  summary: "Check the configuration file",
  examples: ["rl config validate", "rl config validate ./relier.config.ts"],
  args,
  offline: true,
  async run({ args, out, host }) {
    const named = args.file === undefined ? args.config : resolve(host.cwd, args.file);
    const path = configPath({ config: named }, host);
    if (path !== undefined) await readConfig(path);
    out.record({ path: path ?? null, valid: true }, () => {
      out.line(
        path === undefined ? "no configuration file: the defaults apply" : `${path} is valid`,
      );
    });
  },
});

export default validate;
