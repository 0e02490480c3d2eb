/**
 * `rl chaos redis-slow`: every answer of Redis takes its time.
 *
 * @module
 */

import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, rest, victim } from "../../faults.ts";

const redisSlow: ChaosCommand = chaosCommand(experiment({
  name: "redis-slow",
  summary: "Delay every byte between the workers and Redis",
  proves: "slow is not dead: nobody is blamed, and all goes on",
  args: {
    ms: { type: "string", default: "200", valueHint: "ms", description: "By how much, each way" },
  },
  read: (args) => integer("--ms", args.ms, { min: 1, max: 60_000 }),
  plan: () => ({ breakable: true, leaseMs: 2000, tasks: 16 }),
  async play(stage, ms) {
    const { networks, plan } = stage;
    // Some take longer than a lease: they live by beats that are slow as well.
    await stage.push(jobsOf(stage, 4, [plan.leaseMs * 1.5, plan.leaseMs * 2]), { priority: 10 });
    await stage.push(jobsOf(stage, plan.tasks, [100, 600]));
    await victim(stage, orderOf(stage), 50);
    for (const network of networks) network.slow(ms);
    stage.strike(`everything between the workers and Redis takes ${ms} ms longer, each way`);
    await rest(stage, 3000);
    for (const network of networks) network.heal();
    if (networks.every(({ touched }) => touched === 0)) throw new Error("nothing was delayed");
  },
  check: (stage, { charged }) =>
    stage.promise(charged === 0, `tasks were charged ${charged} times for a slow network`),
}));

export default redisSlow;
