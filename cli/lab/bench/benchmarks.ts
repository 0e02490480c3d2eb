/**
 * All benchmarks, by name.
 *
 * @module
 */

import { admission } from "./admission.ts";
import { withBudget } from "./budgets.ts";
import { dashboard } from "./dashboard.ts";
import { deadLetters } from "./dead_letters.ts";
import type { Effort } from "./effort.ts";
import type { Lab } from "./lab.ts";
import { drain } from "./drain.ts";
import { due } from "./due.ts";
import { depth, fleet, inFlight, queues } from "./growth.ts";
import { ports, runtimes } from "./hosts.ts";
import { idempotency } from "./idempotency.ts";
import { latency } from "./latency.ts";
import { memory } from "./memory.ts";
import { overhead } from "./overhead.ts";
import { payload } from "./payload.ts";
import { push } from "./push.ts";
import { recovery } from "./recovery.ts";
import type { Result } from "./result.ts";
import { measureSeries, type Series } from "./series.ts";
import { throughput } from "./throughput.ts";
import { measureVariants, type Variants } from "./variants.ts";

/** The name of a benchmark. */
export type BenchmarkName =
  | "throughput"
  | "push"
  | "latency"
  | "memory"
  | "payload"
  | "depth"
  | "in-flight"
  | "queues"
  | "fleet"
  | "due"
  | "dead-letters"
  | "dashboard"
  | "runtimes"
  | "ports"
  | "recovery"
  | "admission"
  | "idempotency"
  | "drain"
  | "overhead";

/** A benchmark. */
export interface Benchmark {
  /** The number of its measurements, for the progress. */
  steps(effort: Effort): number;
  run(lab: Lab): Promise<Result[]>;
}

/** A benchmark of series. */
function ofSeries(seriesOf: (effort: Effort) => Series[]): Benchmark {
  return {
    steps: (effort) =>
      seriesOf(effort).reduce((sum, { rounds, entrants }) => sum + rounds * entrants.length, 0),
    async run(lab) {
      const results: Result[] = [];
      for (const each of seriesOf(lab.effort)) results.push(...await measureSeries(lab, each));
      return results;
    },
  };
}

/** A benchmark of variants of Relier. */
function ofVariants(variantsOf: (effort: Effort) => Variants[]): Benchmark {
  return {
    steps: (effort) =>
      variantsOf(effort).reduce((sum, { rounds, variants }) => sum + rounds * variants.length, 0),
    async run(lab) {
      const results: Result[] = [];
      for (const each of variantsOf(lab.effort)) results.push(...await measureVariants(lab, each));
      return results;
    },
  };
}

/** A benchmark of Relier alone, with as many steps as it reports. */
function alone(
  run: Benchmark["run"],
  steps: Benchmark["steps"] = () => 1,
): Benchmark {
  return { run, steps };
}

/** The benchmarks, in the order of a run of all. */
export const benchmarks: Readonly<Record<BenchmarkName, Benchmark>> = {
  throughput: ofSeries(throughput),
  push: ofSeries(push),
  latency: ofSeries(latency),
  memory: ofSeries(memory),
  payload: ofSeries(payload),
  depth: ofVariants(depth),
  "in-flight": ofVariants(inFlight),
  queues: ofVariants(queues),
  fleet: ofVariants(fleet),
  due: ofVariants(due),
  "dead-letters": alone(deadLetters),
  dashboard: alone(dashboard),
  runtimes: ofVariants(runtimes),
  ports: ofVariants(ports),
  recovery: alone(recovery, ({ kills }) => 2 * kills),
  admission: alone(admission, () => 3),
  idempotency: alone(idempotency),
  drain: alone(drain, ({ rounds }) => 5 * rounds),
  overhead: alone(overhead),
};

/** The benchmarks of the quick form. */
export const quick: readonly BenchmarkName[] = ["throughput", "push", "latency", "memory"];

/** The outcome of a run. */
export interface Outcome {
  readonly results: Result[];
  /** The benchmarks that failed; the results of the others stay. */
  readonly failed: BenchmarkName[];
}

/** Runs the benchmarks `names`; resolves to their results with their budgets. */
export async function runBenchmarks(lab: Lab, names: readonly BenchmarkName[]): Promise<Outcome> {
  const outcome: Outcome = { results: [], failed: [] };
  for (const name of names) {
    try {
      outcome.results.push(...(await benchmarks[name].run(lab)).map(withBudget));
    } catch (error) {
      lab.signal.throwIfAborted();
      lab.progress.note(`${name} failed and is left out: ${(error as Error).message}`);
      outcome.failed.push(name);
    }
  }
  return outcome;
}

/** The number of measurements of `names`. */
export function stepsOf(names: readonly BenchmarkName[], effort: Effort): number {
  return names.reduce((sum, name) => sum + benchmarks[name].steps(effort), 0);
}
