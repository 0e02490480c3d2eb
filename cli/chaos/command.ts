/**
 * Experiments as commands: their common options, and where they are played.
 *
 * @module
 */

import { randomInt } from "node:crypto";
import { connect } from "node:net";
import {
  type ArgDef,
  type ArgsDef,
  type Command,
  command,
  type Context,
  type ParsedArgs,
} from "../command.ts";
import { CliError } from "../error.ts";
import { integer } from "../flags.ts";
import { conduct, exitOf, type Experiment } from "./experiment.ts";
import { startChaosRedis } from "./redis.ts";
import type { Report } from "./report.ts";
import type { Plan } from "./stage.ts";

type Flag = ArgDef & { readonly type: "boolean" };
type Value = ArgDef & { readonly type: "string" };

/** Options of every experiment. */
export const common: {
  readonly "self-contained": Flag;
  readonly seed: Value;
  readonly tasks: Value;
  readonly workers: Value;
  readonly watch: Flag;
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
  "i-know-this-is-production": {
    type: "boolean",
    description: "Break things although the environment is production",
  },
};

/** What they were given as. */
export type Common = ParsedArgs<typeof common>;

/** A command, and the experiment it carries out. */
export interface ChaosCommand extends Command<any> {
  readonly experiment: Experiment<any>;
}

/** Makes the command of an experiment. */
export function chaosCommand<A extends ArgsDef, O>(experiment: Experiment<A, O>): ChaosCommand {
  const { name, summary, proves, examples = [], args, outside } = experiment;
  const made = command<ArgsDef>({
    summary,
    details: `Promises: ${proves}. Exits with 8 if a promise is broken, and with 1 if the fault ` +
      "did not strike.",
    examples: [`rl chaos ${name} --self-contained --watch`, ...examples],
    args: { ...args, ...common },
    async run(context) {
      const given = context.args as unknown as Common & ParsedArgs<A>;
      refuseProduction(context, given);
      const options = read(experiment, given);
      if (!given["self-contained"] && await isShared(context)) {
        if (outside) return await outside(context, given, options);
        throw new CliError(
          2,
          `Cannot run ${name} where others work, too: it needs a Redis and workers of its own`,
          {
            hint: "pass --self-contained: it starts a Redis and workers for this alone",
          },
        );
      }
      const laboratory = await openLaboratory(context, given);
      try {
        return exitOf([await laboratory.conduct(experiment, options)]);
      } finally {
        await laboratory.close();
      }
    },
  });
  return { ...made, experiment };
}

/** What `args` say to `experiment`, which may have no options. @throws {CliError} 2 */
export function read<A extends ArgsDef, O>(
  experiment: Experiment<A, O>,
  args: ParsedArgs<A>,
): O {
  return experiment.read?.(args) as O;
}

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

/** A Redis of its own to experiment on, one experiment behind the other. */
export interface Laboratory {
  conduct<O>(experiment: Experiment<any, O>, options: O): Promise<Report>;
  close(): Promise<void>;
}

/** Starts a Redis for what `given` asks for. @throws {CliError} 2, 3 */
export async function openLaboratory(
  { out, signal }: Context<any>,
  given: Common,
): Promise<Laboratory> {
  const { watch = false } = given;
  const [seed, wish] = [seedOf(given), wishOf(given)];
  const redis = await startChaosRedis();
  return {
    conduct: (experiment, options) =>
      conduct(experiment, options, { seed, wish, redis, out, watch, signal }),
    close: () => redis.close(),
  };
}

/**
 * Whether somebody else's workers would be struck: a Redis was named, or workers
 * are at the one that is meant where none is named.
 */
async function isShared({ settings, relier, out }: Context<any>): Promise<boolean> {
  if (settings.url.from !== "default") return true;
  const { hostname, port } = new URL(settings.url.value);
  const listening = await new Promise<boolean>((resolve) => {
    const socket = connect(Number(port), hostname, () => resolve(true));
    socket.once("error", () => resolve(false)).once("connect", () => socket.destroy());
  });
  const queues = listening ? await relier.queues() : [];
  for (const { name } of queues) {
    if ((await relier.queue(name).workers()).length > 0) return true;
  }
  out.note("no Redis is named, and no worker runs: a Redis and workers are started for this alone");
  return false;
}
