/**
 * `rl events`: follows the events of tasks.
 *
 * @module
 */

import { type QueueEvent, transitions } from "../../mod.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { choice, list } from "../framework/option_values.ts";
import { merge } from "./events/merge.ts";
import type { Output } from "../framework/output.ts";
import type { Style } from "../framework/style.ts";
import { queuesOf } from "./queues/queue_names.ts";
import { taskId } from "./tasks/resolve_id.ts";
import { errorText, plural, queueOf, shortId } from "../../core/console/mod.ts";

const args = {
  type: {
    type: "string",
    valueHint: "event,…",
    description: "Only these events, such as retry,bury",
    many: true,
  },
  queue: {
    type: "string",
    alias: "Q",
    valueHint: "name,…",
    description: "Only these queues",
    many: true,
  },
  task: { type: "string", valueHint: "id", description: "Only this task" },
  errors: { type: "boolean", description: "Only failures" },
} as const;

type Args = typeof args;

/** Events shown with `--errors`. */
const wrong: ReadonlySet<string> = new Set([
  "retry",
  "bury",
  "defer",
  "resurrect",
  "quarantine",
  "abandon",
  "condemn",
  "stop",
  "withdraw",
  "orphan",
]);

/** Interval of the search for new queues. */
const searchMs = 2000;

const events: Command<Args> = command({
  summary: "Follow the events of tasks",
  details:
    "Follows all queues, and new ones within seconds. Events are not stored: earlier ones, and " +
    "those during a lost connection, are not shown. Ctrl-C stops it.",
  examples: [
    "rl events",
    "rl events --errors --queue mails",
    "rl events --type complete,bury --json | jq .id",
  ],
  args,
  async run(context) {
    const { out, relier, signal } = context;
    const suits = filter(context);
    const { queue, task } = context.args;
    const id = task === undefined ? undefined : await taskId(context, task);
    const fixed = id !== undefined
      ? [queueOf(id)]
      : queue !== undefined
      ? await queuesOf(relier, queue)
      : undefined;
    const onListening = (n: number): void =>
      out.note(`listening to ${plural(n, "queue")}, Ctrl-C stops it`);
    const sources = async (): Promise<readonly string[]> => fixed ?? await queuesOf(relier);
    const open = (name: string, onOpen: () => void): AsyncIterable<QueueEvent> =>
      relier.queue(name).events({ signal, onOpen });
    for await (
      const event of merge({ sources, open, onListening, everyMs: fixed ? 0 : searchMs, signal })
    ) {
      if (event.missed > 0) {
        out.note(
          `${plural(event.missed, "event")} dropped: they came faster than this process reads`,
        );
      }
      if ((id !== undefined && event.id !== id) || !suits(event)) continue;
      const { missed: _, ...shown } = event;
      out.record({ ...shown, queue: queueOf(event.id) }, () => out.line(lineOf(event, out)));
    }
    return 0; // Every signal ends it normally.
  },
});

export default events;

function filter({ args }: Context<Args>): (event: QueueEvent) => boolean {
  const known = [...new Set(transitions.map(({ on }): string => on)), "orphan"];
  const types = args.type === undefined
    ? undefined
    : new Set(list("--type", args.type).map((each) => choice("--type", each, known)));
  return ({ type }) => (types?.has(type) ?? true) && (!args.errors || wrong.has(type));
}

const colors: Readonly<Record<string, keyof Style>> = {
  complete: "green",
  retry: "yellow",
  defer: "yellow",
  handoff: "cyan",
  resurrect: "magenta",
  quarantine: "magenta",
  bury: "red",
  abandon: "red",
  condemn: "red",
  orphan: "red",
};

/** `12:00:01.004  retry  scheduled  charge-card 4kJ2nq8Zr1  attempt 1, 142ms, next in 1.9s: TypeError: …`. */
function lineOf(event: QueueEvent, { style, wide, span }: Output): string {
  const { at, type, state, id, name, worker } = event;
  const paint = style[colors[type] ?? "blue"] ?? style.blue;
  return [
    style.dim(at.toISOString().slice(11, 23)),
    paint(type.padEnd(10)),
    state.padEnd(11),
    `${name} ${style.dim(wide ? id : shortId(id))}`.trim(),
    wide && worker ? style.dim(worker) : "",
    detailsOf(event, span),
  ].filter(Boolean).join("  ");
}

/** The facts of an event that its type and state do not say. */
function detailsOf(event: QueueEvent, span: Output["span"]): string {
  const { attempt, reason } = event;
  const failed = "error" in event;
  const facts = [
    failed || attempt > 1 ? `attempt ${attempt}` : "",
    "durationMs" in event ? `after ${span(event.durationMs)}` : "",
    "retryMs" in event ? `next in ${span(event.retryMs)}` : "",
    "resultBytes" in event ? `result ${plural(event.resultBytes, "byte")}` : "",
    failed || reason === null || event.type === "claim" ? "" : reason,
  ].filter(Boolean).join(", ");
  return failed ? `${facts}: ${errorText(event.error)}` : facts;
}
