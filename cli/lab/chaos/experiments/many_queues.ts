/**
 * `rl chaos many-queues`: a worker of hundreds of queues, most of them idle, is killed.
 *
 * @module
 */

import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, findTarget, inject, untilRecovered } from "../../faults.ts";
import { queueNames } from "../../tasks.ts";

const manyQueues: ChaosCommand = chaosCommand({
  name: "many-queues",
  summary: "Kill a worker whose tasks are in many queues",
  proves: "a task in a quiet queue starts soon, and runs again soon after its worker died",
  args: {
    queues: {
      type: "string",
      default: "200",
      valueHint: "number",
      description: "Queues of each worker",
    },
  },
  read: ({ queues }) => ({ queues: integer("--queues", queues, { min: 10, max: 1000 }) }),
  plan: ({ queues }) => ({ queues, workers: 3, concurrency: 4 }),
  async run(env) {
    const { plan, random } = env;
    const names = queueNames(plan.queues);
    // Twice: in the second round the queues have been quiet for a while.
    for (let round = 0; round < 2; round++) {
      await env.ready();
      const homes = random.shuffled(names);
      const jobs = drawJobs(env, Math.ceil(plan.tasks / 2), [700, 1500]);
      await Promise.all(
        jobs.map((job, i) => env.push([job], { queue: homes[i % homes.length]! })),
      );
      const target = await findTarget(env, 300);
      await untilRecovered(env, [target], () => inject(env, target, "SIGKILL"));
    }
  },
});

export default manyQueues;
