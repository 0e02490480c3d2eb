/**
 * `rl chaos redis-slow`: every reply of Redis is delayed.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, findTarget } from "../../faults.ts";

const redisSlow: ChaosCommand = chaosCommand({
  name: "redis-slow",
  summary: "Delay every byte between the workers and Redis",
  proves: "a slow Redis causes no retries and no resurrections",
  args: {
    ms: { type: "string", default: "200", valueHint: "ms", description: "Delay in ms, each way" },
  },
  read: (args) => integer("--ms", args.ms, { min: 1, max: 60_000 }),
  plan: () => ({ breakable: true, leaseMs: 2000, tasks: 16 }),
  async run(env, ms) {
    const { networks, plan } = env;
    // Some take longer than a lease: they depend on heartbeats that are slow as well.
    await env.push(drawJobs(env, 4, [plan.leaseMs * 1.5, plan.leaseMs * 2]), { priority: 10 });
    await env.push(drawJobs(env, plan.tasks, [100, 600]));
    await findTarget(env, 50);
    for (const network of networks) network.slow(ms);
    env.addFault(`every byte between the workers and Redis is delayed by ${ms} ms, each way`);
    await sleep(3000, undefined, { signal: env.signal });
    for (const network of networks) network.heal();
    if (networks.every(({ touched }) => touched === 0)) throw new Error("No packet was delayed");
  },
  check: (env, { charged }) =>
    env.promise(charged === 0, `tasks were charged ${charged} times for a slow network`),
});

export default redisSlow;
