/**
 * `rl dlq export`: dead tasks as lines of JSON.
 *
 * @module
 */

import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { type Relier, RelierError, type TaskDetails } from "../../mod.ts";
import { type Command, command, type Context } from "../command.ts";
import { CliError } from "../error.ts";
import { short } from "../flags.ts";
import { matching } from "../tasks/select.ts";
import { queueOf } from "../tasks/state.ts";
import { json } from "../kernel/text.ts";
import { plural } from "../words.ts";
import { deadArgs, deadFilter } from "./choose.ts";

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
      for await (const page of matching(relier, filter, signal)) {
        const lines = (await Promise.all(page.map(({ id }) => lineOf(relier, id))))
          .filter((line) => line !== undefined);
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

/** The line of a task; undefined if it is not dead any more. */
async function lineOf(relier: Relier, id: string): Promise<string | undefined> {
  let task: TaskDetails;
  try {
    task = await relier.queue(queueOf(id)).inspect(id);
  } catch (error) {
    if (RelierError.is(error, "RL_NOT_FOUND")) return undefined;
    throw error;
  }
  // The envelope holds the payload, too; which of two would an import believe?
  const { payload: _, ...line } = task;
  return task.state === "dead" ? json(line) + "\n" : undefined;
}
