/**
 * `rl worker list`: lists workers and their state.
 *
 * @module
 */

import {
  listWorkers,
  loopLag,
  plural,
  workerName,
  type WorkerStatus,
} from "../../../core/console/mod.ts";
import { bar } from "../../terminal/charts.ts";
import { type Command, command } from "../../framework/command.ts";
import type { Column, Output } from "../../framework/output.ts";
import { queuesOf } from "../queues/queue_names.ts";

const args = {
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
} as const;

const list: Command<typeof args> = command({
  summary: "List workers",
  details: "A lost worker leaves the list once all its tasks are resurrected.",
  examples: ["rl worker", "rl worker list --queue emails --watch", "rl worker list --json"],
  args,
  watch: true,
  async run({ relier, out, args: { queue } }) {
    const fleet = await listWorkers(relier, await queuesOf(relier, queue));
    out.table(fleet, columns(out), "no workers");
  },
});

export default list;

/** Columns of a list of workers. */
function columns(out: Output): Column<WorkerStatus>[] {
  const { dim } = out.style;
  const unlessLost = (of: (worker: WorkerStatus) => string) => (worker: WorkerStatus) =>
    worker.state === "lost" ? dim("—") : of(worker);
  return [
    { title: "WORKER", of: (worker) => out.wide ? worker.id : workerName(worker) },
    { title: "NAME", wide: true, of: ({ info }) => info.name ?? dim("—") },
    { title: "STATE", of: (worker) => stateOf(worker, out) },
    {
      title: "RUNTIME",
      from: 100,
      of: ({ info }) => `${info.runtime} ${minor(info.version)}`.trim(),
    },
    { title: "SLOTS", of: unlessLost(slotsOf) },
    { title: "BEAT", align: "right", of: ({ lastBeat }) => out.ago(lastBeat) },
    { title: "LAG", align: "right", of: unlessLost((worker) => out.span(loopLag(worker))) },
    { title: "RSS", align: "right", from: 100, of: unlessLost(({ info }) => `${info.rssMb}M`) },
    {
      title: "UP",
      align: "right",
      of: unlessLost(({ info }) => info.startedAt ? out.ago(new Date(info.startedAt)) : ""),
    },
    { title: "HOST", wide: true, of: ({ info }) => `${info.host} ${info.process}` },
    {
      title: "QUEUES",
      flex: true,
      of: (worker) =>
        worker.state === "lost" && worker.running > 0
          ? `${plural(worker.running, "task")} to resurrect`
          : worker.queues.join(" "),
    },
  ];
}

/** Formats the used slots as a bar, and the tasks that wait for a slot. */
export function slotsOf({ running, info: { concurrency } }: WorkerStatus): string {
  const taken = Math.min(running, concurrency);
  const more = running > taken ? ` +${running - taken}` : "";
  return `${bar(100 * taken / Math.max(1, concurrency), 8)} ${taken}/${concurrency}${more}`;
}

/** Formats the state of a worker, and its pending command. */
export function stateOf({ state, command }: WorkerStatus, { style }: Output): string {
  const pending = command === null ? "" : style.dim(` (${command})`);
  if (state === "lost") return style.red("lost");
  if (state === "working") return style.green("working") + pending;
  return style.yellow(state) + pending;
}

/** `20.20` of `20.20.2`. */
function minor(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
