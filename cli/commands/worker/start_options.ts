/**
 * What workers are started with, from the command line or the configuration
 * file.
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
    description: "Files that define tasks (worker.modules of the configuration file)",
  },
  queues: {
    type: "string",
    valueHint: "high:3,default",
    description: "Queues to work on, with weights if they are to differ (default)",
  },
  concurrency: {
    type: "string",
    valueHint: "n",
    description: "Tasks at a time in each process (10)",
  },
  processes: {
    type: "string",
    valueHint: "n",
    description: "Processes, or auto for one per core (1)",
  },
  prefetch: {
    type: "string",
    valueHint: "n",
    description: "Tasks each process holds ready besides (0)",
  },
  "drain-timeout": {
    type: "string",
    valueHint: "duration",
    description: "How long tasks may go on when it is told to leave (30s)",
  },
  profile: {
    type: "string",
    valueHint: "default|fast",
    description: "Leases of 10 s, or of 3 s with more frequent beats (default)",
  },
  lease: {
    type: "string",
    valueHint: "duration",
    description: "How long a task stays with a worker that is silent (by the profile)",
  },
  "stall-budget": {
    type: "string",
    valueHint: "duration",
    description: "How long a handler may block its process before that is killed (30s)",
  },
  "max-leaked": {
    type: "string",
    valueHint: "n",
    description:
      "Handlers that may go on after a timeout before a process is replaced (half of them)",
  },
  isolate: {
    type: "string",
    valueHint: "thread|process",
    description: "Run each handler in its own, so that a hard timeout can end it (by the task)",
  },
  phoenix: {
    type: "boolean",
    default: true,
    description: "Bring back what other workers left",
    negativeDescription: "Leave the tasks of other workers that died to others",
  },
  name: {
    type: "string",
    valueHint: "name",
    description: "What the workers are called: <name>-1, <name>-2, … (rl-worker)",
  },
  "health-port": {
    type: "string",
    valueHint: "port",
    description: "Answer /livez, /readyz and /metrics there (none)",
  },
  "health-host": {
    type: "string",
    valueHint: "address",
    description: "Where they are answered (127.0.0.1)",
  },
  otlp: otlpArg as typeof otlpArg,
} as const;

/** What they are, read. */
export type StartOptions = WorkerOptions & {
  readonly drainTimeout?: number;
  readonly stallBudget?: number;
};

const most = 10_000;
const mostProcesses = 1000;

/** The options of each worker. @throws {CliError} 2 */
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
    queues: args.queues === undefined
      ? weighed(config.queues?.value ?? ["default"])
      : weighed(list("--queues", args.queues)),
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

/** How many processes. @throws {CliError} 2 */
export function processesOf(
  given: string | undefined,
  { worker: { processes } }: Settings,
): number {
  const value = given ?? `${processes?.value ?? 1}`;
  if (value === "auto") return availableParallelism();
  return integer("--processes", value, { min: 1, max: mostProcesses });
}

/** `high:3,default`: how often each queue is asked, once where nothing is said. */
function weighed(queues: readonly string[]): Record<string, number> {
  const weights = queues.map((text): [string, number] => {
    const [name = "", weight = "1", ...more] = text.split(":");
    if (more.length === 0 && name !== "" && /^\d{1,4}$/.test(weight)) {
      return [name, Number(weight)];
    }
    throw new CliError(2, `Cannot use queue "${text}": a weight is a whole number behind a colon`, {
      hint: "write it like high:3,default",
    });
  });
  return Object.fromEntries(weights);
}

/** Without what is undefined, which the engine takes for a mistake. */
function defined<T extends object>(
  options: { readonly [K in keyof T]: T[K] | undefined },
): T {
  const entries = Object.entries(options).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as T;
}
