/**
 * `rl worker drain`: drains a worker, and shows the outcome of each task that it held.
 *
 * @module
 */

import { plural, shortId, workerName, type WorkerStatus } from "../../../core/console/mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import type { Output } from "../../framework/output.ts";
import { type OutcomeName, type TaskOutcome, watchDrain } from "./drain_progress.ts";
import { workersNamed } from "./find_workers.ts";
import { sendCommand } from "./send_command.ts";

const args = {
  worker: {
    type: "positional",
    required: false,
    description: "Name of the worker, or the beginning of its id (default: the only one)",
  },
  all: { type: "boolean", description: "All workers" },
  timeout: {
    type: "string",
    valueHint: "duration",
    default: "30",
    description: "Time that running tasks have to finish",
  },
  detach: { type: "boolean", description: "Send the command and do not wait" },
} as const;

const drain: Command<typeof args> = command({
  summary: "Stop a worker: running tasks finish, the rest is handed off",
  details:
    `The worker claims no more tasks, returns those that it has not started, and hands off those
that do not end in time, with their partial results. No attempt is counted for them. At the end the
state of each task is checked. Exits 1 if the worker crashed, 6 if it did not leave, 8 if a task is
lost.`,
  examples: [
    "rl worker drain --timeout 30",
    "rl worker drain rl-worker-2",
    "rl worker drain --all",
  ],
  args,
  acts: true,
  async run(context) {
    const { args } = context;
    const ms = duration("--timeout", args.timeout, { max: 86_400_000 });
    const workers = await workersNamed(context.relier, args.worker, args.all);
    if (workers.length === 0) context.out.note("no worker is alive");
    const exits = await Promise.all(workers.map((worker) => leave(context, worker, ms)));
    return Math.max(0, ...exits);
  },
});

export default drain;

async function leave(
  context: Context<typeof args>,
  worker: WorkerStatus,
  ms: number,
): Promise<number> {
  const { relier, out, signal, args: { detach, all } } = context;
  const name = workerName(worker);
  const say = (text: string): void => out.line(all ? `${out.style.cyan(name)} │ ${text}` : text);
  if (detach) {
    await sendCommand(relier, worker, { do: "drain", timeout: ms });
    out.record({ id: worker.id, command: "drain" }, () => say(`✓ ${name} drains`));
    return 0;
  }
  const progress = await watchDrain(relier, worker, ms, (outcome) => {
    out.record({ worker: worker.id, ...outcome }, () => say(lineOf(outcome, out)));
  });
  try {
    const running = Math.min(progress.held, worker.info.concurrency);
    await sendCommand(relier, worker, { do: "drain", timeout: ms });
    const waiting = progress.held > running ? `, ${progress.held - running} not started` : "";
    if (!out.json) {
      say(
        `⏳ Worker ${name} entering drain mode...   ` +
          `${plural(running, "task")} in flight${waiting}, no new claims`,
      );
    }
    signal.addEventListener("abort", () => progress.close());
    const left = await progress.over();
    signal.throwIfAborted();
    return report(worker, progress.outcomes, left, say, out);
  } finally {
    progress.close();
  }
}

function report(
  worker: WorkerStatus,
  outcomes: ReadonlyMap<string, TaskOutcome>,
  left: boolean,
  say: (text: string) => void,
  out: Output,
): number {
  const count = (...names: OutcomeName[]): number =>
    [...outcomes.values()].filter(({ fate }) => names.includes(fate)).length;
  const [handedOff, returned, died, lost] = [
    count("handedOff"),
    count("returned"),
    count("died"),
    count("lost"),
  ];
  const exit = lost > 0 ? 8 : died > 0 ? 1 : left ? 0 : 6;
  out.record({ worker: worker.id, left, handedOff, returned, died, lost, exit }, () => {
    const { green, red, yellow } = out.style;
    const back = returned > 0 ? ` ${returned} returned unstarted.` : "";
    if (lost > 0) say(`${red("✖")} ${plural(lost, "task")} lost: rl audit`);
    else if (!left) {
      say(`${red("✖")} The worker has not left: see "rl worker show ${workerName(worker)}"`);
    } else if (died > 0) {
      say(
        `${yellow("⚠")} The worker crashed before it was done. ${
          plural(died, "task")
        } resurrected. 0 lost.`,
      );
    } else say(`${green("✓")} Clean exit. ${plural(handedOff, "task")} handed off.${back} 0 lost.`);
  });
  return exit;
}

function lineOf({ id, fate, ms, reason, partial }: TaskOutcome, out: Output): string {
  const { green, yellow, red, magenta, dim } = out.style;
  const task = out.wide ? id : shortId(id);
  const why = reason === "" ? "" : dim(` (${reason})`);
  switch (fate) {
    case "completed":
      return `${green("✓")} ${task} completed (${out.span(ms)})`;
    case "handedOff":
      return `${yellow("⚠")} ${task} exceeded timeout — re-queuing${
        partial ? " (partial result saved)" : ""
      }`;
    case "returned":
      return `${green("↩")} ${task} had not started — returned`;
    case "died":
      return `${magenta("◆")} ${task} resurrected: the worker crashed${why}`;
    case "lost":
      return `${red("✖")} ${task} is lost${why}`;
    default:
      return `${yellow("✗")} ${task} ${fate}${why}`;
  }
}
