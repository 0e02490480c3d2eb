/**
 * `rl chaos sentinel-failover`: Sentinel moves the master while tasks are pushed and run.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, pushUntilAccepted } from "../../faults.ts";

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
