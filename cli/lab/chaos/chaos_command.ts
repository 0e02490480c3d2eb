/**
 * Experiments as commands, and where they are played.
 *
 * @module
 */

import { connect } from "node:net";
import type { ArgsDef, ParsedArgs } from "../../framework/args.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { type Common, common, refuseProduction, seedOf, wishOf } from "./options.ts";
import { conduct, exitOf, type Experiment } from "./experiment.ts";
import { exportChaos } from "./telemetry_export.ts";
import { startChaosRedis } from "../lab_redis.ts";
import type { Report } from "./report.ts";

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

/** A Redis of its own to experiment on, one experiment behind the other. */
export interface Laboratory {
  conduct<O>(experiment: Experiment<any, O>, options: O): Promise<Report>;
  close(): Promise<void>;
}

/** Starts a Redis for what `given` asks for. @throws {CliError} 2, 3 */
export async function openLaboratory(
  context: Context<any>,
  given: Common,
): Promise<Laboratory> {
  const { out, signal } = context;
  const { watch = false } = given;
  const [seed, wish] = [seedOf(given), wishOf(given)];
  // First what may be refused: then there is no Redis to stop.
  const exporting = await exportChaos(context, given);
  const redis = await startChaosRedis();
  return {
    conduct: (experiment, options) =>
      conduct(experiment, options, { seed, wish, redis, exporting, out, watch, signal }),
    async close() {
      await exporting.close();
      await redis.close();
    },
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
