/**
 * `rl dlq`: lists dead tasks, grouped by error.
 *
 * @module
 */

import { type Command, command } from "../../framework/command.ts";
import { integer } from "../../framework/option_values.ts";
import type { Column, Output } from "../../framework/output.ts";
import { queuesOf } from "../queues/queue_names.ts";
import {
  count,
  type DeadGroup,
  groupDead,
  scanTasks,
  shortId,
  taskMatcher,
} from "../../../core/console/mod.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  name: { type: "string", valueHint: "task", description: "Only tasks of this name" },
  error: { type: "string", valueHint: "text", description: "Only errors that contain this text" },
  limit: {
    type: "string",
    alias: "n",
    valueHint: "n",
    default: "2000",
    description: "Most dead tasks to examine, 1 to 4000, the latest first",
  },
} as const;

const dlq: Command<typeof args> = command({
  summary: "List dead tasks, grouped by error",
  details: "Tasks whose errors differ only in numbers, ids or quoted values form one group. With " +
    "-q it prints the ids of the tasks, for example to pipe them into xargs.",
  examples: [
    "rl dlq",
    "rl dlq --error StripeError",
    "rl dlq -q --name charge-card | xargs rl dlq release -y",
  ],
  args,
  watch: true,
  async run({ args: { queue, name, error, limit }, out, relier }) {
    const { tasks, examined, next } = await scanTasks(relier, {
      states: ["dead"],
      limit: integer("--limit", limit, { min: 1, max: 4000 }),
      queues: await queuesOf(relier, queue),
      matches: taskMatcher({ name, error }),
    });
    if (out.quiet) return out.table(tasks, []);
    out.table(groupDead(tasks), columns(out), "no dead tasks");
    if (next !== null) out.note(`only the last ${count(examined)} dead tasks were examined`);
  },
});

export default dlq;

function columns(out: Output): Column<DeadGroup>[] {
  return [
    { title: "COUNT", align: "right", of: (group) => count(group.count) },
    { title: "QUEUE", from: 120, of: ({ queue }) => queue },
    { title: "FIRST", align: "right", from: 100, of: ({ first }) => out.ago(first) },
    { title: "LAST", align: "right", of: ({ last }) => out.ago(last) },
    { title: "WHY", of: ({ why }) => why },
    { title: "EXAMPLE", of: ({ example }) => out.wide ? example : shortId(example) },
    { title: "TASK · ERROR", flex: true, lines: 2, of: ({ group }) => group },
  ];
}
