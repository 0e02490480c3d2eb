/**
 * The options that every experiment takes, and what they say.
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
    description: "Start a Redis and workers for this alone, and end them afterwards",
  },
  seed: {
    type: "string",
    valueHint: "number",
    description: "Same seed, same victims and tasks (drawn, and printed)",
  },
  tasks: { type: "string", valueHint: "number", description: "How many tasks are pushed" },
  workers: { type: "string", valueHint: "number", description: "How many workers are started" },
  watch: { type: "boolean", alias: "w", description: "Show all that happens, as it happens" },
  otlp: otlpArg,
  "i-know-this-is-production": {
    type: "boolean",
    description: "Break things although the environment is production",
  },
};

/** What they were given as. */
export type Common = ParsedArgs<typeof common>;

/** Chaos is for places where nothing is lost but time. @throws {CliError} 2 */
export function refuseProduction({ settings }: Context<any>, given: Common): void {
  if (settings.env.value !== "production" || given["i-know-this-is-production"]) return;
  throw new CliError(2, `Cannot run chaos: the environment is production (${settings.env.from})`, {
    hint: "run it elsewhere, or pass --i-know-this-is-production",
  });
}

/** The seed that was asked for, or one that is drawn. @throws {CliError} 2 */
export function seedOf({ seed }: Common): number {
  const most = 2 ** 31 - 1;
  return seed === undefined ? randomInt(most) : integer("--seed", seed, { min: 0, max: most });
}

/** What was asked for in place of an experiment's own plan. @throws {CliError} 2 */
export function wishOf({ tasks, workers }: Common): Partial<Plan> {
  return {
    ...(tasks !== undefined && { tasks: integer("--tasks", tasks, { min: 1, max: 10_000 }) }),
    ...(workers !== undefined && { workers: integer("--workers", workers, { min: 3, max: 32 }) }),
  };
}
