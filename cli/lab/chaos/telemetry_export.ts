/**
 * What OpenTelemetry is told of an experiment beside what happens in it: that it is one,
 * and when which fault struck.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";
import { exportTo, type Otlp, otlpOf } from "../../processes/otlp_exporter.ts";
import type { Common } from "./options.ts";

/** What tells of experiments; nothing, where nobody asked for it. */
export interface Exporting {
  /** Where the workers of an experiment are to export to. */
  readonly otlp: Otlp | undefined;
  /** A fault of `experiment` struck while so many `tasks` were in the middle of something. */
  injected(experiment: string, fault: string, tasks: number): void;
  close(): Promise<void>;
}

/**
 * Exports from this process, and has those that it starts say the same of themselves: that
 * all they tell is chaos.
 *
 * @throws {CliError} 2 if it cannot.
 */
export async function exportChaos(
  { settings, host, out }: Context<any>,
  given: Common,
): Promise<Exporting> {
  const wanted = otlpOf(given.otlp, settings.worker.otlp, host.env);
  const more = { "relier.chaos": "true" };
  const exporter = wanted && await exportTo(wanted, "rl-chaos", out.note, more);
  return {
    otlp: exporter && wanted,
    injected(experiment, fault, tasks) {
      exporter?.warn("relier.chaos.injected", {
        "messaging.system": "relier",
        "relier.chaos.experiment": experiment,
        "relier.chaos.fault": fault,
        "relier.chaos.tasks": tasks,
      });
    },
    close: async () => await exporter?.close(),
  };
}
