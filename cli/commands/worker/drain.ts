/**
 * `rl worker drain`: has a worker leave, and tells what becomes of each task it
 * held.
 *
 * @module
 */

import { plural, shortId, workerName, type WorkerStatus } from "../../../core/console/mod.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { duration } from "../../framework/duration.ts";
import type { Output } from "../../framework/output.ts";
import { type Fate, type FateName, watchFarewell } from "./drain_progress.ts";
import { workersNamed } from "./find_workers.ts";
import { give } from "./send_command.ts";

const args = {
  worker: {
    type: "positional",
    required: false,
    description: "Its name, or a beginning of its id (the only one there is)",
  },
  all: { type: "boolean", description: "Every worker" },
  timeout: {
    type: "string",
    valueHint: "duration",
    default: "30",
    description: "How long what runs may go on",
  },
  detach: { type: "boolean", description: "Only tell it to, and do not wait" },
} as const;

const drain: Command<typeof args> = command({
  summary: "Have a worker finish what it runs, hand off the rest, and leave",
  details: `It claims nothing more, gives back at once what it has not started, and hands off what
does not end in time, with its partial result. No task is charged for it. At the end each task it
held is looked up. Exits 1 if the worker died, 6 if it did not leave, 8 if a task is lost.`,
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
    if (workers.length === 0) context.out.note("no worker is at work");
    const exits = await Promise.all(workers.map((fellow) => leave(context, fellow, ms)));
    return Math.max(0, ...exits);
  },
});

export default drain;

async function leave(
  context: Context<typeof args>,
  fellow: WorkerStatus,
  ms: number,
): Promise<number> {
  const { relier, out, signal, args: { detach, all } } = context;
  const name = workerName(fellow);
  const say = (text: string): void => out.line(all ? `${out.style.cyan(name)} │ ${text}` : text);
  if (detach) {
    await give(relier, fellow, { do: "drain", timeout: ms });
    out.record({ id: fellow.id, order: "drain" }, () => say(`✓ ${name} was told to drain`));
    return 0;
  }
  const farewell = await watchFarewell(relier, fellow, ms, (fate) => {
    out.record({ worker: fellow.id, ...fate }, () => say(lineOf(fate, out)));
  });
  try {
    const running = Math.min(farewell.held, fellow.info.concurrency);
    await give(relier, fellow, { do: "drain", timeout: ms });
    const waiting = farewell.held > running ? `, ${farewell.held - running} not started` : "";
    if (!out.json) {
      say(
        `⏳ Worker ${name} entering drain mode...   ` +
          `${plural(running, "task")} in flight${waiting}, no new claims`,
      );
    }
    signal.addEventListener("abort", () => farewell.close());
    const left = await farewell.over();
    signal.throwIfAborted();
    return tell(fellow, farewell.fates, left, say, out);
  } finally {
    farewell.close();
  }
}

function tell(
  fellow: WorkerStatus,
  fates: ReadonlyMap<string, Fate>,
  left: boolean,
  say: (text: string) => void,
  out: Output,
): number {
  const count = (...names: FateName[]): number =>
    [...fates.values()].filter(({ fate }) => names.includes(fate)).length;
  const [handedOff, returned, died, lost] = [
    count("handedOff"),
    count("returned"),
    count("died"),
    count("lost"),
  ];
  const exit = lost > 0 ? 8 : died > 0 ? 1 : left ? 0 : 6;
  out.record({ worker: fellow.id, left, handedOff, returned, died, lost, exit }, () => {
    const { green, red, yellow } = out.style;
    const back = returned > 0 ? ` ${returned} returned unstarted.` : "";
    if (lost > 0) say(`${red("✖")} ${plural(lost, "task")} lost: rl audit`);
    else if (!left) say(`${red("✖")} It has not left: see "rl worker show ${workerName(fellow)}"`);
    else if (died > 0) {
      say(
        `${yellow("⚠")} The worker died before it was done. ${
          plural(died, "task")
        } brought back. 0 lost.`,
      );
    } else say(`${green("✓")} Clean exit. ${plural(handedOff, "task")} handed off.${back} 0 lost.`);
  });
  return exit;
}

function lineOf({ id, fate, ms, reason, partial }: Fate, out: Output): string {
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
      return `${magenta("◆")} ${task} brought back: the worker died${why}`;
    case "lost":
      return `${red("✖")} ${task} is lost${why}`;
    default:
      return `${yellow("✗")} ${task} ${fate}${why}`;
  }
}
