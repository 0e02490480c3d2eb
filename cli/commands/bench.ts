/**
 * `rl bench`: measures Relier beside other queues and the floor on this machine, and
 * prints the command that repeats it.
 *
 * @module
 */

import {
  type BenchmarkName,
  benchmarks,
  quick,
  runBenchmarks,
  stepsOf,
} from "../lab/bench/benchmarks.ts";
import { type Fall, fallsOf, readEarlier } from "../lab/bench/compare.ts";
import { contestantNames, present } from "../lab/bench/contestants/roster.ts";
import { type Effort, fullEffort, quickEffort } from "../lab/bench/effort.ts";
import { guaranteeLines } from "../lab/bench/guarantees.ts";
import { type Machine, openLab } from "../lab/bench/lab.ts";
import { createProgress } from "../lab/bench/progress.ts";
import type { Result } from "../lab/bench/result.ts";
import { columnsOf, markdownLines } from "../lab/bench/table.ts";
import { type Command, command, type Context } from "../framework/command.ts";
import { CliError } from "../framework/cli_error.ts";
import { choice, integer, list, refused } from "../framework/option_values.ts";

const every = Object.keys(benchmarks) as BenchmarkName[];
const forms: readonly ("quick" | "all" | BenchmarkName)[] = ["quick", "all", ...every];

const args = {
  what: {
    type: "positional",
    default: "quick",
    description: "quick, all, or the name of a benchmark",
  },
  tasks: {
    type: "string",
    valueHint: "n",
    description: "Tasks per measurement of a slow queue (default: 8000)",
  },
  rounds: {
    type: "string",
    valueHint: "n",
    description: "Alternating rounds (default: 3, quick: 2)",
  },
  concurrency: {
    type: "string",
    default: "1,10,50,100",
    valueHint: "n,…",
    description: "Concurrencies of the throughput benchmark",
  },
  kills: {
    type: "string",
    default: "10",
    valueHint: "n",
    description: "Kills of the recovery benchmark",
  },
  md: { type: "boolean", description: "Print a Markdown table" },
  compare: {
    type: "string",
    valueHint: "file",
    description: "Compare the ratios with those of an earlier run, written with --json",
  },
  "fail-over": {
    type: "string",
    default: "10%",
    valueHint: "share",
    description: "Exit with 1 if a ratio to the floor or to BullMQ falls by more",
  },
} as const;

const bench: Command<typeof args> = command({
  summary: "Measure Relier beside BullMQ, bee-queue, groupmq and the floor",
  details:
    "Each measurement runs in a process of its own, in alternating rounds; a ratio compares the " +
    "same round. The quick form takes up to 5 minutes, all up to 25. Peers are measured where " +
    "they are installed. Benchmarks: throughput, push, latency, memory, payload, depth, in-flight, " +
    "queues, fleet, due, runtimes, ports, recovery, admission, idempotency, drain, overhead.\n\n" +
    "Starts a Redis of its own, or uses the one in --url. It never uses a configured Redis, which " +
    "others may need. Works under a prefix of its own and removes it. Exits with 8 if the audit " +
    "finds an inconsistency.",
  examples: ["rl bench", "rl bench throughput --concurrency 50", "rl bench all --json"],
  args,
  async run(context): Promise<number> {
    const { args: given, settings, out, signal, host } = context;
    const what = choice("<what>", given.what, forms);
    const effort = effortOf(context, what);
    const tolerance = shareOf("--fail-over", given["fail-over"]);
    const earlier = given.compare === undefined ? undefined : readEarlier(given.compare);
    const names = what === "all" ? every : what === "quick" ? quick : [what];
    const url = settings.url.from === "--url" ? settings.url.value : undefined;
    const dim = (text: string): void => out.note(out.style.dim(text));
    const progress = createProgress(stepsOf(names, effort), host.stderr, dim);
    const lab = await openLab({ url, effort, progress, signal });
    try {
      const { results, failed } = await runBenchmarks(lab, names);
      const broken = await lab.broken();
      const machine = await lab.machine(commandLine(context, what, effort, url));
      progress.close();
      show(context, results, machine);
      if (broken.length > 0) {
        throw new CliError(8, `The benchmark left the queues inconsistent: ${broken[0]}`);
      }
      if (failed.length > 0) throw new CliError(1, `Cannot measure ${failed.join(", ")}`);
      return earlier && reportFalls(context, fallsOf(earlier, results, tolerance)) ? 1 : 0;
    } finally {
      progress.close();
      await lab.close();
    }
  },
});

export default bench;

function effortOf({ args: given, out }: Context<typeof args>, what: string): Effort {
  const base = what === "quick" ? quickEffort : fullEffort;
  const { names, missing } = present(what === "quick" ? quickEffort.entrants : contestantNames);
  const effort: Effort = {
    tasks: integer("--tasks", given.tasks ?? `${base.tasks}`, { min: 100, max: 1_000_000 }),
    rounds: integer("--rounds", given.rounds ?? `${base.rounds}`, { min: 1, max: 100 }),
    concurrency: list("--concurrency", given.concurrency)
      .map((each) => integer("--concurrency", each, { min: 1, max: 10_000 })),
    kills: integer("--kills", given.kills, { min: 1, max: 10_000 }),
    extended: base.extended,
    entrants: names,
  };
  if (missing.length > 0) {
    out.note(
      `not installed, and left out: ${missing.join(", ")}; npm install bullmq bee-queue groupmq`,
    );
  }
  return effort;
}

function shareOf(option: string, text: string): number {
  const percent = /^(\d{1,2}(?:\.\d{1,3})?) ?%$/.exec(text)?.[1];
  if (percent !== undefined) return Number(percent) / 100;
  throw refused(option, text, "it is not a share", "write it like 10%");
}

function commandLine(
  { args: { concurrency } }: Context<typeof args>,
  what: string,
  { tasks, rounds, kills }: Effort,
  url: string | undefined,
): string {
  const parts = [`rl bench ${what} --tasks ${tasks} --rounds ${rounds}`];
  parts.push(`--concurrency ${concurrency} --kills ${kills}`);
  if (url !== undefined) parts.push("--url …");
  return parts.join(" ");
}

function show(
  { out, args: { md } }: Context<typeof args>,
  results: readonly Result[],
  machine: Machine,
): void {
  out.record({ machine, results }, () => {
    const columns = columnsOf(results);
    if (md) out.line(...markdownLines(results, columns), "", ...guaranteeLines());
    else out.table(results, columns);
    const { host, os, node, redis, persistence, versions, command } = machine;
    const measured = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
    out.line("", `${host}, ${os}, Node ${node}, Redis ${redis}, persistence: ${persistence}`);
    out.line(measured.join(", "), "in parentheses: Relier divided by the other, round by round");
    out.line(command);
  });
}

/** Prints the ratios that fell; returns if there are any. */
function reportFalls({ out }: Context<typeof args>, falls: readonly Fall[]): boolean {
  for (const { name, to, before, now } of falls) {
    out.note(`${name}: the ratio to ${to} was ${before.toFixed(2)} and is ${now.toFixed(2)}`);
  }
  return falls.length > 0;
}
