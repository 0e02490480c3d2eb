/**
 * Options of every experiment.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import type { ArgDef, ParsedArgs } from "../../framework/args.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { integer } from "../../framework/option_values.ts";
import { otlpArg } from "../../processes/otlp_exporter.ts";
import type { Plan } from "../environment.ts";

type Flag = ArgDef & { readonly type: "boolean" };
type Value = ArgDef & { readonly type: "string" };

/** Options of every experiment. */
export const common: {
  readonly "self-contained": Flag;
  readonly seed: Value;
  readonly tasks: Value;
  readonly workers: Value;
  readonly watch: Flag;
  readonly otlp: Value;
  readonly "i-know-this-is-production": Flag;
} = {
  "self-contained": {
    type: "boolean",
    description: "Start a Redis and workers for the experiment, and stop them afterwards",
  },
  seed: {
    type: "string",
    valueHint: "number",
    description: "Random seed for targets and tasks (default: random, printed at start)",
  },
  tasks: { type: "string", valueHint: "number", description: "Number of tasks to push" },
  workers: { type: "string", valueHint: "number", description: "Number of workers to start" },
  watch: { type: "boolean", alias: "w", description: "Show every worker event as it happens" },
  otlp: otlpArg,
  "i-know-this-is-production": {
    type: "boolean",
    description: "Run although the environment is production",
  },
};

/** The parsed options. */
export type Common = ParsedArgs<typeof common>;

/** Refuses to run in production. @throws {CliError} 2 */
export function refuseProduction({ settings }: Context<any>, given: Common): void {
  if (settings.env.value !== "production" || given["i-know-this-is-production"]) return;
  throw new CliError(2, `Cannot run chaos: the environment is production (${settings.env.from})`, {
    hint: "run it elsewhere, or pass --i-know-this-is-production",
  });
}

/** The given seed, or a random one. @throws {CliError} 2 */
export function seedOf({ seed }: Common): number {
  const max = 2 ** 31 - 1;
  return seed === undefined ? randomInt(max) : integer("--seed", seed, { min: 0, max });
}

/** The options that override an experiment's own plan. @throws {CliError} 2 */
export function overridesOf({ tasks, workers }: Common): Partial<Plan> {
  return {
    ...(tasks !== undefined && { tasks: integer("--tasks", tasks, { min: 1, max: 10_000 }) }),
    ...(workers !== undefined && { workers: integer("--workers", workers, { min: 3, max: 32 }) }),
  };
}
