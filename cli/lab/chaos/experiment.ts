/**
 * What an experiment is, and how it is carried out: set the stage, let the fault
 * strike, wait until all is over, compare.
 *
 * @module
 */

import type { ArgsDef, ParsedArgs } from "../../framework/args.ts";
import type { Context } from "../../framework/command.ts";
import { CliError } from "../../framework/cli_error.ts";
import type { Output } from "../../framework/output.ts";
import type { Common } from "./options.ts";
import type { Exporting } from "./telemetry_export.ts";
import { createRandom } from "../random.ts";
import type { ChaosRedis } from "../lab_redis.ts";
import { createTimeline, flawsOf, headline, type Report, spreadOf, tell } from "./report.ts";
import { type Plan, setStage, type Stage } from "../environment.ts";
import { type Findings, judge, settled } from "../verdict.ts";

/** A fault, and what has to hold in spite of it; `O` is what its options say. */
export interface Experiment<A extends ArgsDef = ArgsDef, O = any> {
  readonly name: string;
  /** What is done. */
  readonly summary: string;
  /** What it proves, in a few words. */
  readonly proves: string;
  readonly examples?: readonly string[];
  /** Options of its own. */
  readonly args: A;
  /** Reads them. @throws {CliError} 2 */
  read?(args: ParsedArgs<A>): O;
  /** How its stage differs from the usual one. */
  plan?(options: O): Partial<Plan>;
  /** Pushes, and lets the fault strike. */
  play(stage: Stage, options: O): Promise<void>;
  /** The same against workers that run already, where that can be done; resolves to the exit code. */
  outside?(context: Context<any>, given: Common, options: O): Promise<number>;
  /** Further promises, when all is over. */
  check?(stage: Stage, findings: Findings): Promise<void> | void;
}

/** Defines an experiment. */
export function experiment<const A extends ArgsDef, O>(
  definition: Experiment<A, O>,
): Experiment<A, O> {
  return definition;
}

/** How it is carried out. */
export interface Conduct {
  readonly seed: number;
  /** What was asked for in place of an experiment's own plan. */
  readonly wish: Partial<Plan>;
  readonly redis: ChaosRedis;
  readonly exporting: Exporting;
  readonly out: Output;
  readonly watch: boolean;
  readonly signal: AbortSignal;
}

const usual: Plan = {
  workers: 4,
  tasks: 20,
  concurrency: 2,
  leaseMs: 2000,
  drainMs: 1000,
  backMs: 7000,
  breakable: false,
};

/** Carries out `definition`, and tells what came of it. */
export async function conduct<O>(
  definition: Experiment<any, O>,
  options: O,
  { seed, wish, redis, exporting, out, watch, signal }: Conduct,
): Promise<Report> {
  const began = performance.now();
  const plan = { ...usual, ...definition.plan?.(options), ...wish };
  const { name, summary, proves } = definition;
  const { workers, concurrency, leaseMs } = plan;
  const crew = `${workers} workers × ${concurrency}, lease ${out.span(leaseMs)}`;
  headline(out, name, summary, proves, `${crew}, seed ${seed}, Redis at ${redis.about}`);
  const timeline = createTimeline(out, watch);
  const faults: { afterMs: number; what: string }[] = [];
  const { otlp } = exporting;
  const stage = await setStage(plan, redis, createRandom(seed), otlp, signal, (strike) => {
    faults.push({ afterMs: Math.round(performance.now() - began), what: strike.what });
    timeline.strike(strike);
    exporting.injected(name, strike.what, strike.ids.length);
  });
  let problem: string | null = null;
  const unfollow = timeline.follow(stage.crew);
  try {
    const fail = (error: Error): void => {
      signal.throwIfAborted();
      if (error instanceof CliError) throw error;
      problem ??= error.message;
    };
    await stage.complete().then(() => definition.play(stage, options)).catch(fail);
    // What was accepted before that is judged all the same, unless nobody was there to finish it.
    let finished = true;
    if (stage.ledger.accepted().length > 0) {
      await settled(stage).catch((error) => {
        finished = false;
        fail(error);
      });
    }
    let findings = await judge(stage);
    await definition.check?.(stage, findings);
    findings = { ...findings, broken: [...new Set([...findings.broken, ...stage.broken])] };
    const { events } = await stage.queue.stats();
    if (faults.length === 0) problem ??= "the fault hit nobody";
    const broken = flawsOf(findings);
    const report: Report = {
      experiment: name,
      outcome: broken.length > 0 && finished
        ? "broken"
        : problem === null
        ? "held"
        : "inconclusive",
      seed,
      redis: redis.about,
      faults,
      tasks: {
        pushed: findings.pushed,
        refused: stage.refused,
        completed: findings.completed,
        dead: findings.dead,
        cancelled: findings.cancelled,
        lost: findings.lost.length,
        doubled: findings.doubled.length,
      },
      struck: new Set(stage.strikes.flatMap(({ ids }) => ids)).size,
      runs: findings.runs,
      charged: findings.charged,
      resurrected: (events["resurrect"] ?? 0) + (events["quarantine"] ?? 0),
      handedOff: timeline.handedOff,
      fenced: stage.crew.fenced.length,
      recoveryMs: spreadOf(findings.recoveriesMs),
      broken,
      problem,
      seconds: Math.round((performance.now() - began) / 100) / 10,
    };
    tell(out, report, timeline);
    return report;
  } finally {
    unfollow();
    await stage.close();
  }
}

/** The exit code of what came of experiments: 8 if a promise was broken, 1 if something is not proved. */
export function exitOf(reports: readonly Report[]): number {
  if (reports.some(({ outcome }) => outcome === "broken")) return 8;
  return reports.some(({ outcome }) => outcome === "inconclusive") ? 1 : 0;
}
