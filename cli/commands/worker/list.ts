/**
 * `rl worker list`: who works, and how they are.
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
  queue: { type: "string", valueHint: "name,…", description: "Only of these queues", many: true },
} as const;

const list: Command<typeof args> = command({
  summary: "List workers",
  details: "A worker that is lost is forgotten once everything it held was brought back.",
  examples: ["rl worker", "rl worker list --queue emails --watch", "rl worker list --json"],
  args,
  watch: true,
  async run({ relier, out, args: { queue } }) {
    const fleet = await listWorkers(relier, await queuesOf(relier, queue));
    out.table(fleet, columns(out), "no worker is at work");
  },
});

export default list;

/** A worker as a row. */
function columns(out: Output): Column<WorkerStatus>[] {
  const { dim } = out.style;
  const unlessLost = (of: (fellow: WorkerStatus) => string) => (fellow: WorkerStatus) =>
    fellow.state === "lost" ? dim("—") : of(fellow);
  return [
    { title: "WORKER", of: (fellow) => out.wide ? fellow.id : workerName(fellow) },
    { title: "NAME", wide: true, of: ({ info }) => info.name ?? dim("—") },
    { title: "STATE", of: (fellow) => stateOf(fellow, out) },
    { title: "RUNTIME", of: ({ info }) => `${info.runtime} ${minor(info.version)}`.trim() },
    { title: "SLOTS", of: unlessLost(slotsOf) },
    { title: "BEAT", align: "right", of: ({ lastBeat }) => out.ago(lastBeat) },
    { title: "LAG", align: "right", of: unlessLost((fellow) => out.span(loopLag(fellow))) },
    { title: "RSS", align: "right", of: unlessLost(({ info }) => `${info.rssMb}M`) },
    {
      title: "UP",
      align: "right",
      of: unlessLost(({ info }) => info.startedAt ? out.ago(new Date(info.startedAt)) : ""),
    },
    { title: "HOST", wide: true, of: ({ info }) => `${info.host} ${info.process}` },
    {
      title: "QUEUES",
      flex: true,
      of: (fellow) =>
        fellow.state === "lost" && fellow.running > 0
          ? `${plural(fellow.running, "task")} to be brought back`
          : fellow.queues.join(" "),
    },
  ];
}

/** How many of its slots are taken, as a bar, and how many tasks it holds besides. */
export function slotsOf({ running, info: { concurrency } }: WorkerStatus): string {
  const taken = Math.min(running, concurrency);
  const more = running > taken ? ` +${running - taken}` : "";
  return `${bar(100 * taken / Math.max(1, concurrency), 8)} ${taken}/${concurrency}${more}`;
}

/** What a worker does, and what it was told to do. */
export function stateOf({ state, command }: WorkerStatus, { style }: Output): string {
  const told = command === null ? "" : style.dim(` (${command})`);
  if (state === "lost") return style.red("lost");
  if (state === "working") return style.green("active") + told;
  return style.yellow(state) + told;
}

/** `20.20` of `20.20.2`. */
function minor(version: string): string {
  return version.split(".").slice(0, 2).join(".");
}
