/**
 * Options of workers, from the command line or the configuration file.
 *
 * @module
 */

import { availableParallelism } from "node:os";
import type { WorkerOptions } from "../../../mod.ts";
import type { Settings } from "../../framework/settings.ts";
import type { ParsedArgs } from "../../framework/args.ts";
import { CliError } from "../../framework/cli_error.ts";
import { duration } from "../../framework/duration.ts";
import { choice, integer, list } from "../../framework/option_values.ts";
import { otlpArg } from "../../processes/otlp_exporter.ts";

/** The options of `rl worker start`. */
export const startArgs = {
  modules: {
    type: "positional",
    required: false,
    many: true,
    description: "Files that define tasks (default: worker.modules of the configuration file)",
  },
  queues: {
    type: "string",
    valueHint: "high:3,default",
    description: "Queues to work on, with optional weights (default)",
  },
  concurrency: {
    type: "string",
    valueHint: "n",
    description: "Concurrent tasks in each process (10)",
  },
  processes: {
    type: "string",
    valueHint: "n",
    description: "Number of processes, or auto for one per core (1)",
  },
  prefetch: {
    type: "string",
    valueHint: "n",
    description: "Tasks that each process claims in advance (few, while tasks are quick)",
  },
  "drain-timeout": {
    type: "string",
    valueHint: "duration",
    description: "Time that running tasks have to finish in a drain (20s)",
  },
  profile: {
    type: "string",
    valueHint: "default|fast",
    description: "Leases of 10 s, or of 3 s with more frequent heartbeats (default)",
  },
  lease: {
    type: "string",
    valueHint: "duration",
    description: "Length of a lease: how long a silent worker keeps a task (by the profile)",
  },
  "stall-budget": {
    type: "string",
    valueHint: "duration",
    description: "Longest time a handler may block its process before the process is killed (30s)",
  },
  "max-leaked": {
    type: "string",
    valueHint: "n",
    description:
      "Handlers that run on after a timeout before the process is replaced (half the slots)",
  },
  isolate: {
    type: "string",
    valueHint: "thread|process",
    description: "Isolate of each handler, so that a hard timeout can end it (by the task)",
  },
  phoenix: {
    type: "boolean",
    default: true,
    description: "Resurrect the tasks of lost workers",
    negativeDescription: "Do not resurrect the tasks of lost workers",
  },
  name: {
    type: "string",
    valueHint: "name",
    description: "Names of the workers: <name>-1, <name>-2, … (rl-worker)",
  },
  wait: {
    type: "boolean",
    default: true,
    description: "Wait until Redis answers",
    negativeDescription: "Exit with 3 if Redis does not answer at the start",
  },
  "health-port": {
    type: "string",
    valueHint: "port",
    description: "Port of /livez, /readyz and /metrics (none)",
  },
  "health-host": {
    type: "string",
    valueHint: "address",
    description: "Address of the health port (127.0.0.1)",
  },
  otlp: otlpArg as typeof otlpArg,
} as const;

/** Parsed options of a worker. */
export type StartOptions = WorkerOptions & {
  readonly drainTimeout?: number;
  readonly stallBudget?: number;
};

const most = 10_000;
const mostProcesses = 1000;

/** Parses the options of each worker. @throws {CliError} 2 */
export function workerOptions(
  args: Partial<ParsedArgs<typeof startArgs>>,
  { worker: config }: Settings,
): StartOptions {
  const whole = (name: keyof typeof startArgs, from: string | undefined, otherwise?: number) =>
    from === undefined ? otherwise : integer(`--${name}`, from, { min: 0, max: most });
  const time = (name: keyof typeof startArgs, from: string | undefined, otherwise?: string) =>
    from === undefined && otherwise === undefined
      ? undefined
      : duration(`--${name}`, (from ?? otherwise)!);
  const { profile } = args;
  return defined({
    queues: weighed(
      args.queues === undefined
        ? config.queues?.value ?? ["default"]
        : list("--queues", args.queues),
    ),
    concurrency: whole("concurrency", args.concurrency, config.concurrency?.value),
    prefetch: whole("prefetch", args.prefetch, config.prefetch?.value),
    drainTimeout: time("drain-timeout", args["drain-timeout"], config.drainTimeout?.value),
    stallBudget: time("stall-budget", args["stall-budget"]),
    lease: time("lease", args.lease, config.lease?.value),
    profile: profile === undefined
      ? config.profile?.value
      : choice("--profile", profile, ["default", "fast"]),
    isolate: args.isolate === undefined
      ? undefined
      : choice("--isolate", args.isolate, ["thread", "process"]),
    phoenix: args.phoenix ?? true,
  });
}

/** Parses the number of processes. @throws {CliError} 2 */
export function processesOf(
  given: string | undefined,
  { worker: { processes } }: Settings,
): number {
  const value = given ?? `${processes?.value ?? 1}`;
  if (value === "auto") return availableParallelism();
  return integer("--processes", value, { min: 1, max: mostProcesses });
}

/** Parses queues with weights, such as `high:3,default`; the default weight is 1. */
function weighed(
  queues: readonly string[] | Readonly<Record<string, number>>,
): Readonly<Record<string, number>> {
  if (!Array.isArray(queues)) return queues as Readonly<Record<string, number>>;
  const weights = queues.map((text): [string, number] => {
    const [name = "", weight = "1", ...more] = text.split(":");
    if (more.length === 0 && name !== "" && /^\d{1,4}$/.test(weight)) {
      return [name, Number(weight)];
    }
    throw new CliError(2, `Cannot use queue "${text}": a weight is a whole number after a colon`, {
      hint: "write it like high:3,default",
    });
  });
  return Object.fromEntries(weights);
}

/** Drops undefined options, which the engine refuses. */
function defined<T extends object>(
  options: { readonly [K in keyof T]: T[K] | undefined },
): T {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}
