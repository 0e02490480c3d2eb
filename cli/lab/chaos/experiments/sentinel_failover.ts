/**
 * `rl chaos sentinel-failover`: Sentinel moves the master while tasks are pushed and run.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { RelierError } from "../../../../mod.ts";
import type { Environment } from "../../environment.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";
import type { Job } from "../../tasks.ts";

const paceMs = 20;
/** Old masters accept writes for ten seconds more: without confirmation, all of them are lost. */
const undoneMs = 4_000;
const durable = { durability: { replicas: 1 } } as const;

const sentinelFailover: ChaosCommand = chaosCommand({
  name: "sentinel-failover",
  summary: "Let Sentinel move the master while tasks are pushed and run",
  proves: "clients follow the master at once; a push that a replica confirmed is never lost",
  args: {},
  plan: () => ({
    sentinels: true,
    undoneMs,
    workers: 3,
    concurrency: 10,
    tasks: 400,
    recoveryMs: 20_000,
  }),
  async run(env) {
    const { plan, signal, group } = env;
    const jobs = drawJobs(env, plan.tasks, [10, 50]);
    const began = performance.now();
    const pushes: Promise<void>[] = [];
    for (const [i, job] of jobs.entries()) {
      if (i === Math.floor(jobs.length / 4)) {
        env.addFault("SENTINEL FAILOVER: the master moves to its replica");
        await group!.failOver();
      }
      pushes.push(pushUntilAccepted(env, job, i % 2 === 0 ? durable : {}));
      await sleep(began + (i + 1) * paceMs - performance.now(), undefined, { signal });
    }
    await Promise.all(pushes);
  },
});

export default sentinelFailover;

/** Pushes again after each refusal: the key of the job makes it one task. */
async function pushUntilAccepted(
  env: Environment,
  job: Job,
  options: Parameters<Environment["push"]>[1],
): Promise<void> {
  for (;;) {
    try {
      await env.push([job], options);
      return;
    } catch (error) {
      env.signal.throwIfAborted();
      if (!RelierError.is(error) || !error.retryable) throw error;
      env.refused++;
    }
    // Without the signal: hundreds of pushes wait here, and each would listen to it.
    await sleep(200);
  }
}
