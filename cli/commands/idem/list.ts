/**
 * `rl idem list` and `rl idem locks`: keys of `idempotencyLock()`.
 *
 * @module
 */

import { lockQueue, type TaskState } from "../../../mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { integer } from "../../framework/option_values.ts";
import { signOf } from "../tasks/state_label.ts";
import { scanTasks } from "../../../core/console/mod.ts";

/** Arguments of both lists. */
const lockArgs = {
  limit: {
    type: "string",
    alias: "n",
    valueHint: "n",
    default: "50",
    description: "Most entries, 1 to 1000",
  },
  cursor: { type: "string", valueHint: "text", description: "Cursor printed by an earlier list" },
} as const;

const list: Command<typeof lockArgs> = command({
  summary: "List the idempotency keys of locks, held and completed",
  details: 'Keys are not stored, only ids derived from them: "rl idem show <key>" ' +
    'finds one. Tasks with a business key are listed by "rl tasks".',
  examples: ["rl idem", "rl idem list --limit 200 --json"],
  args: lockArgs,
  watch: true,
  run: (context) => listLocks(context, ["running", "completed"], "list"),
});

export default list;

/** `rl idem locks`. */
export const locks: Command<typeof lockArgs> = command({
  summary: "List the locks that are held now",
  details: "An expired lock goes to the next caller; there is nothing to purge.",
  examples: ["rl idem locks", "rl idem locks --watch"],
  args: lockArgs,
  watch: true,
  run: (context) => listLocks(context, ["running"], "locks"),
});

async function listLocks(
  { args, out, relier }: Context<typeof lockArgs>,
  states: readonly TaskState[],
  verb: string,
): Promise<void> {
  const { tasks, next } = await scanTasks(relier, {
    queues: [lockQueue],
    states,
    limit: integer("--limit", args.limit, { min: 1, max: 1000 }),
    cursor: args.cursor,
    matches: () => true,
  });
  out.table(tasks, [
    { title: "KEY ID", of: ({ id }) => id },
    { title: "STATE", of: (task) => signOf(task, out.style) },
    { title: "SINCE", align: "right", of: ({ since }) => since ? out.ago(since) : "" },
    { title: "UNTIL", align: "right", of: ({ at }) => at ? out.ago(at) : "" },
  ], verb === "locks" ? "no lock is held" : "no key is known");
  if (next !== null) out.note(`next: rl idem ${verb} --limit ${args.limit} --cursor ${next}`);
}
