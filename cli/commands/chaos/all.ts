/**
 * `rl chaos all`: every experiment, one behind the other, on one Redis.
 *
 * @module
 */

import type { ArgsDef } from "../../framework/args.ts";
import { type Command, command } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { openLaboratory, read } from "../../lab/chaos/chaos_command.ts";
import { type Common, common, refuseProduction } from "../../lab/chaos/options.ts";
import { exitOf } from "../../lab/chaos/experiment.ts";
import { experiments } from "../../lab/chaos/index.ts";
import type { Report } from "../../lab/chaos/report.ts";

const all: Command<ArgsDef> = command<ArgsDef>({
  summary: "Carry out every experiment, one behind the other",
  details: "Exits with 8 if a promise was broken, with 1 if a fault did not strike.",
  examples: ["rl chaos all --self-contained", "rl chaos all --self-contained --json"],
  args: common,
  async run(context) {
    const { out, signal } = context;
    const given = context.args as unknown as Common;
    refuseProduction(context, given);
    if (!given["self-contained"]) {
      throw new CliError(2, "Cannot run every experiment where others work, too", {
        hint: "pass --self-contained: it starts a Redis and workers for this alone",
      });
    }
    const began = performance.now();
    const laboratory = await openLaboratory(context, given);
    const reports: Report[] = [];
    try {
      for (const load of Object.values(experiments)) {
        signal.throwIfAborted();
        const { experiment } = (await load()).default;
        reports.push(
          await laboratory.conduct(experiment, read(experiment, defaultsOf(experiment.args))),
        );
        out.line("");
      }
    } finally {
      await laboratory.close();
    }
    const of = (outcome: Report["outcome"]): string[] =>
      reports.filter((report) => report.outcome === outcome).map(({ experiment }) => experiment);
    const summary = {
      summary: true,
      experiments: reports.length,
      held: of("held").length,
      broken: of("broken"),
      inconclusive: of("inconclusive"),
      faults: reports.reduce((sum, { faults }) => sum + faults.length, 0),
      tasks: reports.reduce((sum, { tasks }) => sum + tasks.pushed, 0),
      lost: reports.reduce((sum, { tasks }) => sum + tasks.lost, 0),
      doubled: reports.reduce((sum, { tasks }) => sum + (tasks.doubled ?? 0), 0),
      seed: reports[0]!.seed,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    };
    out.record(summary, () => {
      const { held, faults, tasks, lost, doubled, seconds, broken, inconclusive } = summary;
      out.line(
        `${held} of ${reports.length} held · ${faults} faults · ${tasks} tasks · ${lost} lost · ` +
          `${doubled} doubled · ${seconds} s`,
      );
      if (broken.length > 0) out.line(out.style.red(`broken: ${broken.join(", ")}`));
      if (inconclusive.length > 0) {
        out.line(out.style.yellow(`unclear: ${inconclusive.join(", ")}`));
      }
    });
    return exitOf(reports);
  },
});

export default all;

/** What the options of an experiment are where nothing is said. */
function defaultsOf(args: ArgsDef): Record<string, string | boolean | undefined> {
  return Object.fromEntries(Object.entries(args).map(([name, arg]) => [name, arg.default]));
}
