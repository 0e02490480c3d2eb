/**
 * `rl chaos all`: runs every experiment, one after another, on one Redis.
 *
 * @module
 */

import type { ArgsDef } from "../../framework/args.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { createRunner, readOptions } from "../../lab/chaos/chaos_command.ts";
import { type Common, common, refuseProduction } from "../../lab/chaos/options.ts";
import { exitCodeOf, secondsSince } from "../../lab/chaos/experiment.ts";
import { experiments } from "../../lab/chaos/index.ts";
import type { Report } from "../../lab/chaos/report.ts";

const all: Command<ArgsDef> = command<ArgsDef>({
  summary: "Run every experiment, one after another",
  details: "Exits with 8 if a guarantee was broken, with 1 if a fault hit no task.",
  examples: ["rl chaos all --self-contained", "rl chaos all --self-contained --json"],
  args: common,
  async run(context) {
    const { out, signal } = context;
    const given = context.args as unknown as Common;
    refuseProduction(context, given);
    if (!given["self-contained"]) {
      throw new CliError(2, "Cannot run every experiment on a shared Redis", {
        hint: "pass --self-contained, which starts a Redis and workers for the experiments",
      });
    }
    const began = performance.now();
    const runner = await createRunner(context, given);
    const reports: Report[] = [];
    try {
      for (const load of Object.values(experiments)) {
        signal.throwIfAborted();
        const { experiment } = (await load()).default;
        const options = readOptions(experiment, defaultsOf(experiment.args));
        reports.push(await runner.run(experiment, options));
        out.line("");
      }
    } finally {
      await runner.close();
    }
    printSummary(context, reports, secondsSince(began));
    return exitCodeOf(reports);
  },
});

export default all;

/** The default values of an experiment's options. */
function defaultsOf(args: ArgsDef): Record<string, string | boolean | undefined> {
  return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, arg.default]));
}

function printSummary({ out }: Context<any>, reports: readonly Report[], seconds: number): void {
  const named = (outcome: Report["outcome"]): string[] =>
    reports.filter((report) => report.outcome === outcome).map(({ experiment }) => experiment);
  const sum = (count: (report: Report) => number): number =>
    reports.reduce((total, report) => total + count(report), 0);
  const summary = {
    summary: true,
    experiments: reports.length,
    held: named("held").length,
    broken: named("broken"),
    inconclusive: named("inconclusive"),
    faults: sum(({ faults }) => faults.length),
    tasks: sum(({ tasks }) => tasks.pushed),
    lost: sum(({ tasks }) => tasks.lost),
    doubled: sum(({ tasks }) => tasks.doubled ?? 0),
    seed: reports[0]!.seed,
    seconds,
  };
  out.record(summary, () => {
    const { held, faults, tasks, lost, doubled, broken, inconclusive } = summary;
    out.line(
      `${held} of ${reports.length} held · ${faults} faults · ${tasks} tasks · ${lost} lost · ` +
        `${doubled} doubled · ${seconds} s`,
    );
    if (broken.length > 0) out.line(out.style.red(`broken: ${broken.join(", ")}`));
    if (inconclusive.length > 0) {
      out.line(out.style.yellow(`unclear: ${inconclusive.join(", ")}`));
    }
  });
}
