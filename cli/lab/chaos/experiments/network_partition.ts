/**
 * `rl chaos network-partition`: packets between some workers and Redis vanish, and
 * no connection is closed.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, drawOrder, findTarget, keysOf, targetOf, untilRecovered } from "../../faults.ts";

const networkPartition: ChaosCommand = chaosCommand({
  name: "network-partition",
  summary: "Drop all packets between two workers and Redis, without closing connections",
  proves: "others take over when the lease ends; a worker that was cut off is fenced",
  args: {
    duration: {
      type: "string",
      default: "2500ms",
      valueHint: "duration",
      description: "How long the partition lasts",
    },
  },
  read: (args) => duration("--duration", args.duration, { min: 100, max: 600_000 }),
  plan: () => ({ breakable: true, leaseMs: 1500, concurrency: 5, tasks: 10 }),
  async run(env, ms) {
    const { networks, plan, signal } = env;
    await env.push(drawJobs(env, plan.tasks, [2600, 3000]));
    const order = drawOrder(env);
    await findTarget(env, 500, { order });
    // At most two busy workers, so that the others have room for their tasks.
    const cut = order.map((number) => targetOf(env, number))
      .filter(({ tasks }) => tasks.length > 0).slice(0, 2);
    const broken = cut.map(({ worker }) => networks[worker.number - 1]!);
    const since = performance.now();
    await untilRecovered(env, cut, () => {
      for (const network of broken) network.partition();
      for (const { worker, tasks } of cut) {
        const what = `worker ${worker.number} (${worker.pid}) is cut off from Redis, holding`;
        env.addFault(`${what} ${keysOf(tasks)}`, tasks, worker.pid);
      }
    });
    await sleep(Math.max(0, since + ms - performance.now()), undefined, { signal });
    for (const network of broken) network.heal();
    if (broken.every(({ touched }) => touched === 0)) throw new Error("No packet was dropped");
  },
});

export default networkPartition;
