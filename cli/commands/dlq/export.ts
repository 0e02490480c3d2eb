/**
 * `rl dlq export`: writes dead tasks as lines of JSON.
 *
 * @module
 */

import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { exportLines, plural } from "../../../core/console/mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { deadArgs, deadFilter } from "./select.ts";

const args = {
  out: {
    type: "string",
    valueHint: "file",
    default: "-",
    description: "New file, or - for stdout",
  },
  where: deadArgs.where,
  queue: deadArgs.queue,
} as const;

// The type of the arguments stays in this file.
const exportDead: Command<any> = command({
  summary: "Write dead tasks as lines of JSON, with payload, error and history",
  details:
    'The tasks stay dead. "rl dlq import" reads the lines, on any Redis. The lines contain ' +
    "payloads: store them as carefully as the payloads.",
  examples: [
    "rl dlq export --out dead.ndjson",
    "rl dlq export --where name=charge-card | jq .error.message",
  ],
  args,
  async run(context) {
    const { args, out, relier, signal } = context;
    const filter = await deadFilter({ args: { ...args, all: undefined }, relier });
    const target = await targetOf(context);
    let written = 0;
    try {
      for await (const lines of exportLines(relier, filter, signal)) {
        await target.write(lines.join(""));
        written += lines.length;
      }
    } finally {
      await target.close();
    }
    out.note(
      `${plural(written, "dead task")} written to ${args.out === "-" ? "stdout" : args.out}`,
    );
  },
});

export default exportDead;

interface Target {
  write(text: string): Promise<unknown>;
  close(): Promise<void>;
}

async function targetOf({ args: { out }, host }: Context<typeof args>): Promise<Target> {
  if (out === "-") {
    return { write: async (text) => await host.stdout.write(text), close: async () => {} };
  }
  try {
    // An existing export may be the only copy of tasks that were discarded since.
    const file = await open(resolve(host.cwd, out), "wx", 0o600);
    return { write: (text) => file.write(text), close: () => file.close() };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "EEXIST") {
      throw new CliError(2, `Cannot use option --out "${short(out)}": ${message}`, { cause });
    }
    throw new CliError(5, `Cannot write "${short(out)}": the file exists already`, {
      cause,
      hint: "choose another file, or remove this one",
    });
  }
}
