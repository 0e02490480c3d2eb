/**
 * Experiments as commands, and where they run.
 *
 * @module
 */

import { once } from "node:events";
import { connect } from "node:net";
import type { ArgsDef, ParsedArgs } from "../../framework/args.ts";
import { type Command, command, type Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import { type Common, common, overridesOf, refuseProduction, seedOf } from "./options.ts";
import { exitCodeOf, type Experiment, runExperiment } from "./experiment.ts";
import { exportChaos } from "./telemetry_export.ts";
import { startLabRedis } from "../lab_redis.ts";
import type { Report } from "./report.ts";

/** A command, and the experiment it runs. */
export interface ChaosCommand extends Command<any> {
  readonly experiment: Experiment<any>;
}

/** Creates the command of an experiment. */
export function chaosCommand<const A extends ArgsDef, O>(
  experiment: Experiment<A, O>,
): ChaosCommand {
  const { name, summary, proves, examples = [], args, runLive } = experiment;
  const made = command<ArgsDef>({
    summary,
    details: `Promises: ${proves}. Exits with 8 if a promise is broken, and with 1 if the fault ` +
      "hit no task.",
    examples: [`rl chaos ${name} --self-contained --watch`, ...examples],
    args: { ...args, ...common },
    async run(context) {
      const given = context.args as unknown as Common & ParsedArgs<A>;
      refuseProduction(context, given);
      const options = readOptions(experiment, given);
      if (!given["self-contained"] && await isShared(context)) {
        if (runLive) return await runLive(context, given, options);
        throw new CliError(
          2,
          `Cannot run ${name} where others work, too: it needs a Redis and workers of its own`,
          { hint: "pass --self-contained: it starts a Redis and workers for the experiment" },
        );
      }
      const runner = await createRunner(context, given);
      try {
        return exitCodeOf([await runner.run(experiment, options)]);
      } finally {
        await runner.close();
      }
    },
  });
  return { ...made, experiment };
}

/** The options of `experiment` in `args`; undefined if it has none. @throws {CliError} 2 */
export function readOptions<A extends ArgsDef, O>(
  experiment: Experiment<A, O>,
  args: ParsedArgs<A>,
): O {
  return experiment.read?.(args) as O;
}

/** Runs experiments one after another on a Redis of its own. */
export interface Runner {
  run<O>(experiment: Experiment<any, O>, options: O): Promise<Report>;
  close(): Promise<void>;
}

/** Starts a Redis for experiments. @throws {CliError} 2, 3 */
export async function createRunner(context: Context<any>, given: Common): Promise<Runner> {
  const { out, signal } = context;
  const { watch = false } = given;
  const [seed, overrides] = [seedOf(given), overridesOf(given)];
  // First, because it may refuse: then no Redis has to be stopped.
  const exporting = await exportChaos(context, given);
  const redis = await startLabRedis();
  return {
    run: (experiment, options) =>
      runExperiment(experiment, options, { seed, overrides, redis, exporting, out, watch, signal }),
    async close() {
      await exporting.close();
      await redis.close();
    },
  };
}

/**
 * True if the experiment would hit workers of others: a Redis is named, or workers run
 * at the default one.
 */
async function isShared({ settings, relier, out }: Context<any>): Promise<boolean> {
  if (settings.url.from !== "default") return true;
  const queues = await isListening(settings.url.value) ? await relier.queues() : [];
  for (const { name } of queues) {
    if ((await relier.queue(name).workers()).length > 0) return true;
  }
  out.note("no Redis is named, and no worker runs: starting a Redis and workers");
  return false;
}

async function isListening(url: string): Promise<boolean> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}
