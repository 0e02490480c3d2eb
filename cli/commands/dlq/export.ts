/**
 * `rl dlq export`: dead tasks as lines of JSON.
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
    description: "A new file, or - for stdout",
  },
  where: deadArgs.where,
  queue: deadArgs.queue,
} as const;

// What its arguments are is known to this file only.
const exportDead: Command<any> = command({
  summary: "Write dead tasks as lines of JSON, with payload, error and history",
  details: 'They stay where they are. "rl dlq import" reads them back, here or elsewhere. The ' +
    "lines hold payloads: keep them where those may be kept.",
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
    // An export that is there may be the only copy of what was discarded since.
    const file = await open(resolve(host.cwd, out), "wx", 0o600);
    return { write: (text) => file.write(text), close: () => file.close() };
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException;
    if (code !== "EEXIST") {
      throw new CliError(2, `Cannot use option --out "${short(out)}": ${message}`, { cause });
    }
    throw new CliError(5, `Cannot write "${short(out)}": it is there already`, {
      cause,
      hint: "choose another file, or remove that one",
    });
  }
}
