/**
 * Experiments: create an environment, inject the fault, wait until all tasks are
 * final, compare.
 *
 * @module
 */

import type { ArgsDef, ParsedArgs } from "../../framework/args.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import type { Output } from "../../framework/output.ts";
import { createEnvironment, type Environment, type Plan } from "../environment.ts";
import type { LabRedis } from "../lab_redis.ts";
import { createRandom } from "../random.ts";
import { spreadOf } from "../spread.ts";
import { type Findings, judge, settled } from "../verdict.ts";
import type { Common } from "./options.ts";
import {
  createTimeline,
  flawsOf,
  printHeadline,
  printReport,
  type Report,
  type Timeline,
} from "./report.ts";
import type { ChaosExport } from "./telemetry_export.ts";

/** A fault, and the promise that has to hold in spite of it; `O` is the type of its options. */
export interface Experiment<A extends ArgsDef = ArgsDef, O = any> {
  readonly name: string;
  /** The fault, in a few words. */
  readonly summary: string;
  /** The promise, in a few words. */
  readonly proves: string;
  readonly examples?: readonly string[];
  /** Options of its own. */
  readonly args: A;
  /** Reads them. @throws {CliError} 2 */
  read?(args: ParsedArgs<A>): O;
  /** The difference of its environment from the default one. */
  plan?(options: O): Partial<Plan>;
  /** Pushes tasks and injects the fault. */
  run(env: Environment, options: O): Promise<void>;
  /** The same on workers that are already running, if possible; resolves to the exit code. */
  runLive?(context: Context<any>, given: Common, options: O): Promise<number>;
  /** Further promises, checked when all tasks are final. */
  check?(env: Environment, findings: Findings): Promise<void> | void;
}

/** The input of a run of an experiment. */
export interface RunSetup {
  readonly seed: number;
  /** Overrides the experiment's own plan. */
  readonly overrides: Partial<Plan>;
  readonly redis: LabRedis;
  readonly exporting: ChaosExport;
  readonly out: Output;
  readonly watch: boolean;
  readonly signal: AbortSignal;
}

const defaults: Plan = {
  workers: 4,
  tasks: 20,
  concurrency: 2,
  queues: 1,
  leaseMs: 2000,
  drainMs: 1000,
  recoveryMs: 7000,
  breakable: false,
};

/** Runs `definition` and prints its report. */
export async function runExperiment<O>(
  definition: Experiment<any, O>,
  options: O,
  setup: RunSetup,
): Promise<Report> {
  const { seed, redis, exporting, out, signal } = setup;
  const began = performance.now();
  const plan = { ...defaults, ...definition.plan?.(options), ...setup.overrides };
  const { name, summary, proves } = definition;
  const workers = `${plan.workers} workers × ${plan.concurrency}, lease ${out.span(plan.leaseMs)}`;
  printHeadline(out, name, summary, proves, `${workers}, seed ${seed}, Redis at ${redis.about}`);
  const timeline = createTimeline(out, setup.watch);
  const faults: { afterMs: number; what: string }[] = [];
  const env = await createEnvironment({
    name: "chaos",
    plan,
    redis,
    random: createRandom(seed),
    otlp: exporting.otlp,
    signal,
    onFault({ what, ids }) {
      faults.push({ afterMs: Math.round(performance.now() - began), what });
      timeline.say("fault", what);
      exporting.injected(name, what, ids.length);
    },
  });
  const unfollow = timeline.follow(env.pool);
  try {
    const { problem, finished } = await injectAndSettle(definition, options, env);
    const found = await judge(env);
    await definition.check?.(env, found);
    const findings = { ...found, broken: [...new Set([...found.broken, ...env.broken])] };
    const report = await reportOf(env, findings, timeline, {
      experiment: name,
      seed,
      redis: redis.about,
      faults,
      problem: faults.length === 0 ? problem ?? "the fault hit no task" : problem,
    }, { finished, began });
    printReport(out, report, timeline);
    return report;
  } finally {
    unfollow();
    await env.close();
  }
}

/** Runs the experiment until all tasks are final; resolves to why it proves nothing, if so. */
async function injectAndSettle<O>(
  definition: Experiment<any, O>,
  options: O,
  env: Environment,
): Promise<{ problem: string | null; finished: boolean }> {
  let problem: string | null = null;
  const fail = (error: Error): void => {
    env.signal.throwIfAborted();
    if (error instanceof CliError) throw error;
    problem ??= error.message;
  };
  await env.ready().then(() => definition.run(env, options)).catch(fail);
  // Accepted tasks are judged all the same, unless no worker was left to finish them.
  let finished = true;
  if (env.ledger.accepted().length > 0) {
    await settled(env).catch((error) => {
      finished = false;
      fail(error);
    });
  }
  return { problem, finished };
}

async function reportOf(
  env: Environment,
  findings: Findings,
  { handedOff }: Timeline,
  head: Pick<Report, "experiment" | "seed" | "redis" | "faults" | "problem">,
  { finished, began }: { readonly finished: boolean; readonly began: number },
): Promise<Report> {
  const { experiment, seed, redis, faults, problem } = head;
  const stats = await Promise.all(env.queues.map((queue) => queue.stats()));
  const counted = (event: string): number =>
    stats.reduce((sum, { events }) => sum + (events[event] ?? 0), 0);
  const broken = flawsOf(findings);
  return {
    experiment,
    outcome: broken.length > 0 && finished ? "broken" : problem === null ? "held" : "inconclusive",
    seed,
    redis,
    faults,
    tasks: {
      pushed: findings.pushed,
      refused: env.refused,
      completed: findings.completed,
      dead: findings.dead,
      cancelled: findings.cancelled,
      lost: findings.lost.length,
      doubled: findings.doubled.length,
      undone: findings.undone.length,
    },
    struck: new Set(env.faults.flatMap(({ ids }) => ids)).size,
    runs: findings.runs,
    charged: findings.charged,
    resurrected: counted("resurrect") + counted("quarantine"),
    handedOff,
    fenced: env.pool.fenced.length,
    recoveryMs: spreadOf(findings.recoveriesMs),
    broken,
    problem,
    seconds: secondsSince(began),
  };
}

/** Seconds since `began`, with one decimal. */
export function secondsSince(began: number): number {
  return Math.round((performance.now() - began) / 100) / 10;
}

/** The exit code of experiments: 8 if a promise was broken, 1 if something is not proved. */
export function exitCodeOf(reports: readonly Report[]): number {
  if (reports.some(({ outcome }) => outcome === "broken")) return 8;
  return reports.some(({ outcome }) => outcome === "inconclusive") ? 1 : 0;
}
