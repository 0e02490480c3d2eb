/**
 * `rl why`: explains the state of a task and its attempts, and names the next step.
 *
 * @module
 */

import { type Command, command, type Context } from "../framework/command.ts";
import { failureLines } from "./tasks/failure_lines.ts";
import { signOf } from "./tasks/state_label.ts";
import { taskId } from "./tasks/resolve_id.ts";
import { wrap } from "../terminal/text.ts";
import { clockOf, dayOf } from "../terminal/format.ts";
import { type AttemptReport, attemptsOf, explain, taskSnapshot } from "../../core/console/mod.ts";

const args = {
  id: { type: "positional", required: true, description: "Id of the task, or its beginning" },
} as const;

const why: Command<typeof args> = command({
  summary: "Explain why a task waits, runs again, or is dead",
  details: "The most important reason comes first. With --json each has a stable code: " +
    "queue-paused, no-worker, workers-paused, unknown-task, known-by, newer-version, " +
    "concurrency-limit, lane, no-slot, first, line, handed-off, delayed, retry, resurrected, " +
    "deferred, overdue, quarantined, running, claimed, solo, cancelling, alive, worker-silent, " +
    "worker-lost, leaving, locked, completed, cancelled, dead, error, release, ran-again.",
  examples: ["rl why default~0~4xPq", "rl why 4xPq --json"],
  args,
  watch: true,
  async run(context) {
    const { out } = context;
    const id = await taskId(context, context.args.id);
    const situation = await taskSnapshot(context.relier, id);
    const reasons = explain(situation);
    const attempts = attemptsOf(situation.task);
    const { name, state } = situation.task;
    out.record({ id, name, state, because: reasons, attempts }, () => {
      const { bold, dim } = out.style;
      out.line(`${bold(id)}  ${name || "(unreadable)"}  ${signOf(situation.task, out.style)}`);
      for (const { text } of reasons) {
        const [first = "", ...more] = out.tty ? wrap(text, out.width - 2) : [text];
        out.line(dim("· ") + first, ...more.map((line) => `  ${line}`));
      }
      if (attempts.length === 0) return;
      const day = dayOf(attempts[0]!.start);
      out.line("", dim(`attempts, from ${day}`), ...attempts.flatMap(attemptLines(context, day)));
    });
  },
});

export default why;

/** `1  12:00:01.004Z  w4xPq…  after 1.2s: failed`, and below it how. */
function attemptLines(
  { out }: Pick<Context, "out">,
  day: string,
): (attempt: AttemptReport, i: number) => string[] {
  return (attempt, i) => {
    const { worker, start, end, text, fence } = attempt;
    const ms = (end ?? new Date()).getTime() - start.getTime();
    const ran = `${end ? "after" : "for"} ${out.span(ms)}`;
    const mark = fence ? out.style.dim(`  fence ${fence}`) : "";
    const line = `${String(i + 1).padStart(3)}  ${clockOf(start, day)}  ${worker}  ` +
      `${ran}: ${text}${mark}`;
    return [line, ...failureLines(attempt, out.style, 5)];
  };
}
