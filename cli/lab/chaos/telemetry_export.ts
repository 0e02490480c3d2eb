/**
 * Telemetry of an experiment: marks everything as chaos, and exports each fault as
 * an event.
 *
 * @module
 */

import type { Context } from "../../framework/command.ts";
import { exportTo, type Otlp, otlpOf } from "../../processes/otlp_exporter.ts";
import type { Common } from "./options.ts";

/** Exports experiments; does nothing unless `--otlp` or its configuration asks for it. */
export interface ChaosExport {
  /** The target of the workers' telemetry. */
  readonly otlp: Otlp | undefined;
  /** Exports a fault of `experiment` that hit so many running `tasks`. */
  injected(experiment: string, fault: string, tasks: number): void;
  close(): Promise<void>;
}

/**
 * Exports from this process, and marks what the worker processes export as chaos.
 *
 * @throws {CliError} 2 if it cannot.
 */
export async function exportChaos(
  { settings, host, out }: Context<any>,
  given: Common,
): Promise<ChaosExport> {
  const wanted = otlpOf(given.otlp, settings.worker.otlp, host.env);
  const attributes = { "relier.chaos": "true" };
  const exporter = wanted && await exportTo(wanted, "rl-chaos", out.note, attributes);
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
