/**
 * `rl tasks inflight`: lists running tasks, the slowest first.
 *
 * @module
 */

import type { Relier, TaskSummary } from "../../../mod.ts";
import { type Command, command } from "../../framework/command.ts";
import { queuesOf } from "../queues/queue_names.ts";
import { count, matchesWorker, scanTasks, workerNames } from "../../../core/console/mod.ts";
import { taskColumns } from "./columns.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  worker: { type: "string", valueHint: "name", description: "Only tasks of this worker" },
} as const;

const inflight: Command<typeof args> = command({
  summary: "List running tasks, the slowest first",
  examples: ["rl tasks inflight", "rl tasks inflight --watch"],
  args,
  watch: true,
  async run({ args: { queue, worker }, out, relier }) {
    const queues = await queuesOf(relier, queue);
    const { tasks, more } = await slowestFirst(relier, queues);
    const names = await workerNames(relier, tasks.map((task) => task.queue));
    const shown = tasks.filter((task) =>
      worker === undefined || matchesWorker(worker, task.worker, names)
    );
    out.table(shown, taskColumns(out, names), "no running tasks");
    if (more) out.note(`only ${count(tasks.length)} running tasks were examined: name a --queue`);
  },
});

export default inflight;

/** Lists the running tasks of `queues`, the slowest first; `more` if there are others. */
async function slowestFirst(
  relier: Relier,
  queues: readonly string[],
): Promise<{ tasks: TaskSummary[]; more: boolean }> {
  const wanted = { queues, states: ["running"], limit: 4000, matches: () => true } as const;
  const { tasks, next } = await scanTasks(relier, wanted);
  const started = (task: TaskSummary): number => task.since?.getTime() ?? 0;
  return { tasks: [...tasks].sort((a, b) => started(a) - started(b)), more: next !== null };
}
