/**
 * `rl chaos drain-overrun`: a worker is drained while its handlers ignore their
 * signal.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";
import { drainWorker } from "../../drain_check.ts";

const drainOverrun: ChaosCommand = chaosCommand({
  name: "drain-overrun",
  summary: "Drain a worker whose handlers ignore the deadline",
  proves: "it exits in time, and its tasks run elsewhere, uncharged",
  args: {},
  plan: () => ({ leaseMs: 3000, drainMs: 500, tasks: 4 }),
  async run(env) {
    await env.push(drawJobs(env, env.plan.tasks, [4000, 4500], { fault: "deaf" }));
    // A worker that waits for its handlers instead of its deadline takes 3.5 s longer.
    await drainWorker(env, { exitMs: 3000 });
  },
  check: (env, { charged }) =>
    env.promise(charged === 0, `tasks were charged ${charged} times for a drain`),
});

export default drainOverrun;
