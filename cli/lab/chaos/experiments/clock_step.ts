/**
 * `rl chaos clock-step`: the clock of Redis is set an hour ahead while tasks run, and
 * back again when a worker has just stopped.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import type { Environment } from "../../environment.ts";
import { drawJobs, findTarget, inject, resume, untilRecovered } from "../../faults.ts";
import { clockKey } from "../../stepped_clock.ts";
import { queue } from "../../tasks.ts";

async function step(env: Environment, seconds: number, what: string): Promise<void> {
  await env.redis.send("SET", clockKey(env.prefix, queue), String(seconds));
  env.addFault(what);
}

const clockStep: ChaosCommand = chaosCommand({
  name: "clock-step",
  summary: "Set the clock of Redis ahead and back while workers run",
  proves: "no task of a live worker is charged, and a stopped worker is noticed all the same",
  args: {
    by: {
      type: "string",
      default: "1h",
      valueHint: "duration",
      description: "Size of the steps, 1s to 24h",
    },
  },
  read: (args) => Math.ceil(duration("--by", args.by, { min: 1000, max: 86_400_000 }) / 1000),
  plan: () => ({ workers: 3, leaseMs: 3000, steppedClock: true, recoveryMs: 40_000 }),
  async run(env, seconds) {
    const { pool, plan } = env;
    await env.push(drawJobs(env, plan.tasks, [400, 1200]));
    await findTarget(env, 100);
    await step(env, seconds, `the clock is set ${seconds} s ahead`);
    const long = drawJobs(env, plan.tasks, [1500, 3000]);
    await env.push(long, { priority: 10 });
    await pool.until(
      "every worker has taken tasks by the new clock",
      () =>
        pool.workers.every(({ running }) =>
          [...running.values()].some(({ job }) => job && long.includes(job))
        ),
    );
    const target = await findTarget(env, 700);
    let back = Promise.resolve();
    try {
      await untilRecovered(env, [target], () => {
        inject(env, target, "SIGSTOP");
        // Its leases end that much too late now.
        back = step(env, 0, "the clock is set right again");
      });
    } catch (error) {
      env.signal.throwIfAborted();
      env.promise(false, `the stopped worker was not noticed: ${(error as Error).message}`);
    } finally {
      await back;
      // A stopped process does not end by SIGTERM: the experiment would never close.
      resume(target);
    }
  },
  check(env, { charged }) {
    const most = env.plan.concurrency;
    env.promise(
      charged <= most,
      `tasks were charged ${charged} times, and the stopped worker held ${most} at most`,
    );
  },
});

export default clockStep;
