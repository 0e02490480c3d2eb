/**
 * `rl queues show`: shows everything known about one queue.
 *
 * @module
 */

import { count, describeLimits, type QueueReading, readQueues } from "../../../core/console/mod.ts";
import { type Command, command } from "../../framework/command.ts";
import type { Output } from "../../framework/output.ts";
import { existingQueue } from "./queue_names.ts";

const args = {
  queue: { type: "positional", required: true, description: "Name of the queue" },
} as const;

const show: Command<typeof args> = command({
  summary: "Show everything known about a queue",
  examples: ["rl queues show emails", "rl queues show emails --json"],
  args,
  watch: true,
  async run({ args, out, relier }) {
    const [found] = await readQueues(relier, [await existingQueue(relier, args.queue)]);
    out.record(found!, () => {
      const { bold, yellow } = out.style;
      out.line(bold(found!.name));
      for (const [name, value] of facts(found!, out)) out.fact(name, value);
      for (const words of describeLimits(found!.stats.limits)) out.fact("limit", yellow(words));
    });
  },
});

export default show;

/** Facts of a queue as pairs of a label and a text. */
function facts({ stats, pace }: QueueReading, out: Output): [string, string][] {
  const { counts, events, causes, paused, quarantine, phoenix, workers } = stats;
  const numbers = (all: Readonly<Record<string, number>>): string =>
    Object.entries(all).filter(([, n]) => n > 0)
      .map(([name, n]) => `${name} ${count(n)}`).join(" · ") || "none";
  const age = counts.ready > 0
    ? `, the first in line has waited for ${out.span(stats.oldestMs)}`
    : "";
  return [
    ["tasks", numbers(counts) + age],
    ["workers", workers.length === 0 ? "none" : workers.join(" ")],
    ...(pace ? [["rate", `${pace.done.toFixed(1)} done/s`] as [string, string]] : []),
    [
      "claims",
      paused.claims === null ? "open" : `paused: ${paused.claims || "no reason was given"}`,
    ],
    [
      "pushes",
      paused.pushes === null ? "open" : `closed: ${paused.pushes || "no reason was given"}`,
    ],
    ...(quarantine.count > 0
      ? [
        ["quarantined", `${quarantine.count}, the first for ${out.span(quarantine.oldestMs)}`] as [
          string,
          string,
        ],
      ]
      : []),
    ["swept", phoenix.sweptMs === null ? "never" : `${out.span(phoenix.sweptMs)} ago`],
    ["events", numbers(events)],
    ["resurrected", numbers(causes)],
  ];
}
