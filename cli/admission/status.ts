/**
 * `rl admission`: which queues take tasks in, and which turn them away.
 *
 * @module
 */

import { survey } from "../../adapters/operator/survey.ts";
import type { QueueStats } from "../../mod.ts";
import { type Command, command } from "../command.ts";
import type { Column, Output } from "../output.ts";
import { limitWords } from "../queues/limits.ts";
import { queuesOf } from "../queues/named.ts";
import { count } from "../words.ts";

const args = {
  queue: { type: "string", valueHint: "name,…", description: "Only these queues", many: true },
} as const;

const status: Command<typeof args> = command({
  summary: "Show which queues take tasks in, and which turn them away",
  details: "Limits that producers bring along are known to them alone; what they refuse is " +
    "counted here too.",
  examples: ["rl admission", "rl admission --queue mails --watch"],
  args,
  watch: true,
  async run({ args: { queue }, out, relier }) {
    const rows = (await survey(relier, await queuesOf(relier, queue)))
      .map(({ name, stats }): Row => ({
        name,
        state: stateOf(stats),
        waiting: stats.counts.ready + stats.counts.scheduled,
        limits: stats.limits,
        refused: refusedOf(stats),
      }));
    out.table(rows, columns(out), "no queue has been used yet");
  },
});

export default status;

interface Row {
  readonly name: string;
  readonly state: "open" | "shedding" | "closed";
  readonly waiting: number;
  readonly limits: QueueStats["limits"];
  /** How many pushes were refused since the queue began, by the limit that did. */
  readonly refused: Readonly<Record<string, number>>;
}

/** Whether a push would be refused now; a rate depends on who pushes, so it is not asked. */
function stateOf({ paused, counts, limits, oldestMs }: QueueStats): Row["state"] {
  if (paused.pushes !== null) return "closed";
  const full = limits.maxDepth && counts.ready + counts.scheduled >= limits.maxDepth;
  const late = limits.maxAge && counts.ready > 0 && oldestMs > Number(limits.maxAge);
  return full || late ? "shedding" : "open";
}

function refusedOf({ events }: QueueStats): Record<string, number> {
  const prefix = "refused:";
  const found = Object.entries(events).filter(([name]) => name.startsWith(prefix));
  return Object.fromEntries(found.map(([name, n]) => [name.slice(prefix.length), n]));
}

function columns({ style, span }: Output): Column<Row>[] {
  const paint = { open: style.green, shedding: style.yellow, closed: style.red };
  return [
    { title: "QUEUE", of: ({ name }) => name },
    { title: "STATE", of: ({ state }) => paint[state](state) },
    { title: "WAITING", align: "right", of: ({ waiting }) => count(waiting) },
    {
      title: "REFUSED",
      of: ({ refused }) => {
        const parts = Object.entries(refused).map(([reason, n]) => `${reason} ${count(n)}`);
        return parts.join(" · ") || style.dim("0");
      },
    },
    {
      title: "LIMITS",
      flex: true,
      of: ({ limits }) => limitWords(limits, { span }).join(" · ") || style.dim("none"),
    },
  ];
}
