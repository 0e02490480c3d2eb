/**
 * `rl cluster logs`: prints the log of a cluster and its workers, also after the cluster has ended.
 *
 * @module
 */

import { existsSync } from "node:fs";
import { textLine } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { integer } from "../../framework/option_values.ts";
import { readLog } from "../../supervisor/log_file.ts";
import { stateDirOf } from "../../supervisor/state_dir.ts";

const args = {
  from: {
    type: "positional",
    required: false,
    description: "Source: the name of a worker, cluster or redis (default: all)",
  },
  follow: { type: "boolean", alias: "f", description: "Print new lines until Ctrl-C" },
  lines: { type: "string", default: "100", valueHint: "n", description: "Number of earlier lines" },
  name: {
    type: "string",
    valueHint: "name",
    description: "Name of the cluster (default: the project's)",
  },
} as const;

const logs: Command<typeof args> = command({
  summary: "Show the log of a cluster and its workers",
  examples: ["rl cluster logs -f", "rl cluster logs rl-worker-2 --lines 500"],
  args,
  async run(context): Promise<void> {
    const { args, out, signal } = context;
    const place = stateDirOf(context, args.name);
    const lines = integer("--lines", args.lines, { min: 0, max: 1_000_000 });
    if (!existsSync(place.log)) {
      throw new CliError(4, `Cannot find a log of cluster "${place.name}": it was never started`, {
        hint: 'start it with "rl cluster up", or choose another with --name',
      });
    }
    const { from, follow = false } = args;
    const wanted = (entry: { from: string }): boolean => from === undefined || entry.from === from;
    for await (const entry of readLog(place.log, wanted, { lines, follow, signal })) {
      out.record(entry, () => {
        const message = `${out.style.bold(entry.from)}  ${entry.text}`;
        const { level, fields } = entry;
        out.line(textLine({ time: new Date(entry.at), level, message, fields }, out.colored));
      });
    }
  },
});

export default logs;
