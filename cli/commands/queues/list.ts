/**
 * `rl queues`: how every queue stands.
 *
 * @module
 */

import { readQueues } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { queueColumns } from "./columns.ts";
import { queuesOf } from "./queue_names.ts";

const queues: Command<Record<never, never>> = command({
  summary: "List the queues and how they stand",
  details: "Rates are measured between two looks: they need --watch.",
  examples: ["rl queues", "rl queues --watch", "rl queues --json"],
  args: {},
  watch: true,
  async run({ out, relier }) {
    const found = await readQueues(relier, await queuesOf(relier));
    out.table(found, queueColumns(out), "there is no queue yet: push a task");
  },
});

export default queues;
