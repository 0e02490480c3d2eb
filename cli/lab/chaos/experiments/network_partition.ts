/**
 * `rl chaos network-partition`: some workers and Redis hear nothing of each
 * other, and are not told.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, namesOf, orderOf, rest, untilBack, type Victim, victim } from "../../faults.ts";

const networkPartition: ChaosCommand = chaosCommand(experiment({
  name: "network-partition",
  summary: "Cut two workers off from Redis without a word to either side",
  proves: "others take over when the lease ends; what was cut off writes nothing afterwards",
  args: {
    duration: {
      type: "string",
      default: "2500ms",
      valueHint: "duration",
      description: "For how long",
    },
  },
  read: (args) => duration("--duration", args.duration, { min: 100, max: 600_000 }),
  plan: () => ({ breakable: true, leaseMs: 1500, concurrency: 5, tasks: 10 }),
  async play(stage, ms) {
    const { networks, crew, plan } = stage;
    await stage.push(jobsOf(stage, plan.tasks, [2600, 3000]));
    const order = orderOf(stage);
    await victim(stage, order, 500);
    // At most two of those that have something, so that what they have finds room elsewhere.
    const cut: Victim[] = order.map((number) => crew.workers[number - 1]!)
      .filter(({ running }) => running.size > 0).slice(0, 2)
      .map((member) => ({ member, owed: [...member.running.values()] }));
    const broken = cut.map(({ member }) => networks[member.number - 1]!);
    const since = performance.now();
    await untilBack(stage, cut, () => {
      for (const network of broken) network.partition();
      for (const { member, owed } of cut) {
        const what = `worker ${member.number} (${member.pid}) is cut off from Redis, holding`;
        stage.strike(`${what} ${namesOf(owed)}`, owed, member.pid);
      }
    });
    await rest(stage, Math.max(0, since + ms - performance.now()));
    for (const network of broken) network.heal();
    if (broken.every(({ touched }) => touched === 0)) throw new Error("Nothing was swallowed");
  },
}));

export default networkPartition;
