/**
 * `rl chaos deploy`: every worker is drained and replaced, one after another, as a
 * deploy does.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";
import { drainWorker } from "../../drain_check.ts";

const deploy: ChaosCommand = chaosCommand({
  name: "deploy",
  summary: "Replace every worker, one after another, with SIGTERM",
  proves: "each finishes or hands off its tasks and exits with 0; no task is charged",
  args: {},
  plan: () => ({ leaseMs: 3000, drainMs: 600, workers: 3 }),
  async run(env) {
    const { pool, plan } = env;
    await env.push(drawJobs(env, plan.tasks, [300, 1500]));
    for (const number of pool.workers.map((worker) => worker.number)) {
      await env.ready();
      // Longer than the drain, so that each worker hands off what it holds.
      await env.push(drawJobs(env, 4, [1500, 2000]), { priority: 10 });
      await drainWorker(env, { order: [number] });
    }
  },
  check: (env, { charged }) =>
    env.promise(charged === 0, `tasks were charged ${charged} times for a deploy`),
});

export default deploy;
