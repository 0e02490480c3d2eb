/**
 * `rl dlq import`: restores dead tasks from an export.
 *
 * @module
 */

import type { Relier } from "../../../mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { short } from "../../framework/option_values.ts";
import { plural, queueOf } from "../../../core/console/mod.ts";
import { type Line, linesOf } from "./ndjson.ts";

const args = {
  file: { type: "positional", description: "File with exported lines, or - for stdin" },
} as const;

const importDead: Command<typeof args> = command({
  summary: "Restore dead tasks from an export, as dead tasks",
  details: "Reads every line before it imports the first. A task that exists already is left " +
    "unchanged, so an interrupted import can be repeated.",
  examples: ["rl dlq import dead.ndjson", "rl dlq import - < dead.ndjson"],
  args,
  acts: true,
  bulk: true,
  async run({ args: { file }, out, host, relier, signal, confirm }) {
    const lines: Line[] = [];
    for await (const line of linesOf(file, host)) lines.push(line);
    const queues = [...new Set(lines.map(({ task }) => queueOf(task.id)))];
    if (lines.length > 0) {
      await confirm({
        verb: "import",
        count: lines.length,
        samples: lines.slice(0, 3).map(({ task }) => `${task.id}  ${task.name}`),
        what: "dead task",
        ...(queues.length === 1 && { queue: queues[0]! }),
      });
    }
    let existed = 0;
    let done = 0;
    try {
      for (const queue of queues) {
        const own = lines.filter(({ task }) => queueOf(task.id) === queue);
        for (let from = 0; from < own.length; from += 200) {
          signal.throwIfAborted();
          const page = own.slice(from, from + 200);
          existed += await restore(relier, queue, page, file);
          done += page.length;
        }
      }
    } catch (error) {
      if (done > 0) out.note(`${plural(done - existed, "task")} imported before the error`);
      throw error;
    }
    out.record({ imported: done - existed, existed }, () => {
      const left = existed > 0 ? `; ${plural(existed, "task")} existed already` : "";
      out.line(`imported ${plural(done - existed, "dead task")}${left}`);
    });
  },
});

export default importDead;

/** Restores a page; resolves to the number of tasks that existed already. */
async function restore(
  relier: Relier,
  queue: string,
  page: readonly Line[],
  file: string,
): Promise<number> {
  try {
    return (await relier.queue(queue).restore(page.map(({ task }) => task))).length;
  } catch (cause) {
    // The engine counts tasks of the page; the error must name the line of the file.
    const [, n, why] = /^Cannot restore task (\d+): (.*)$/s.exec((cause as Error).message) ?? [];
    if (n === undefined) throw cause;
    const { number } = page[Number(n) - 1]!;
    throw new CliError(2, `Cannot import line ${number} of "${short(file)}": ${why}`, {
      cause,
      hint: "fix the line and import again: tasks that were imported are left unchanged",
    });
  }
}
