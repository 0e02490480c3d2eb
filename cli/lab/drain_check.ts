/**
 * A drain, and the check that the worker keeps its deadline and its exit code.
 *
 * @module
 */

import { findTarget, inject, type Target, untilRecovered } from "./faults.ts";
import type { Environment } from "./environment.ts";

/** A drain of one worker. */
export interface DrainOptions {
  /** Workers to try, in this order. */
  readonly order?: readonly number[];
  /** The shortest rest of a running task, in ms. */
  readonly leftMs?: number;
  /**
   * The time a worker may take beyond its deadline, to report to Redis and to exit, in ms.
   * A busy machine needs seconds to end a process.
   */
  readonly exitMs?: number;
}

/**
 * Sends SIGTERM to a worker that is running tasks, the first such in `order`. Resolves
 * to how long it took in ms, once it is gone and the tasks it handed off run elsewhere.
 */
export async function drainWorker(
  env: Environment,
  { order, leftMs = 100, exitMs = 10_000 }: DrainOptions = {},
): Promise<{ target: Target; tookMs: number }> {
  const { pool, plan } = env;
  const target = await findTarget(env, leftMs, order ? { order } : {});
  const { worker } = target;
  const since = performance.now();
  await untilRecovered(env, [target], () => inject(env, target, "SIGTERM"));
  await pool.until("the worker is gone", () => worker.state === "gone", plan.drainMs + 15_000);
  const tookMs = Math.round(performance.now() - since);
  const { exitCode, signalCode } = worker.child;
  env.promise(
    exitCode === 0,
    `worker ${worker.number} exited with ${signalCode ?? exitCode}, not with 0`,
  );
  env.promise(
    tookMs <= plan.drainMs + exitMs,
    `worker ${worker.number} left after ${tookMs} ms, with ${plan.drainMs} ms to drain`,
  );
  return { target, tookMs };
}
