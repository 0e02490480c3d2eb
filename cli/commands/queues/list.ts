/**
 * `rl queues`: lists all queues with their numbers.
 *
 * @module
 */

import { readQueues } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { queueColumns } from "./columns.ts";
import { queuesOf } from "./queue_names.ts";

const queues: Command<Record<never, never>> = command({
  summary: "List the queues with their numbers",
  details: "Rates are measured between two readings: use --watch.",
  examples: ["rl queues", "rl queues --watch", "rl queues --json"],
  args: {},
  watch: true,
  async run({ out, relier }) {
    const found = await readQueues(relier, await queuesOf(relier));
    out.table(found, queueColumns(out, found), "no queue yet: push a task");
  },
});

export default queues;
