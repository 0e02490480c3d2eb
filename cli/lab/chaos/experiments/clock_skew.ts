/**
 * `rl chaos clock-skew`: the date of a worker is wrong, and changes while it
 * works.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";

const delayMs = 1500;

const clockSkew: ChaosCommand = chaosCommand({
  name: "clock-skew",
  summary: "Set the date of a worker ahead and back while it works",
  proves: "only the clock of Redis counts: no task runs early, none is charged",
  args: {
    worker: {
      type: "string",
      default: "1",
      valueHint: "worker",
      description: "Number of the worker",
    },
    by: {
      type: "string",
      default: "90s",
      valueHint: "duration",
      description: "Offset of its date",
    },
  },
  read: (args) => ({
    worker: integer("--worker", args.worker, { min: 1, max: 3 }),
    byMs: duration("--by", args.by, { min: 1 }),
  }),
  plan: (skew) => ({
    skew,
    leaseMs: 3000,
    workers: 3,
  }),
  async run(env, { byMs }) {
    const { pool, plan } = env;
    await env.push(drawJobs(env, plan.tasks, [300, 900]));
    await env.push(drawJobs(env, 6, [50, 100], {}, "later"), { delay: delayMs });
    const skewed = pool.workers[plan.skew!.worker - 1]!;
    await pool.until("the worker with the wrong date works", () => skewed.running.size > 0, 10_000);
    env.addFault(
      `worker ${skewed.number} (${skewed.pid}) is ${byMs / 1000} s ahead, then behind, and so on`,
    );
    await pool.until(
      "it has completed a task",
      () => [...pool.completed.values()].includes(skewed),
      10_000,
    );
  },
  check(env, { charged, runs, pushed }) {
    env.promise(runs === pushed, `${pushed} tasks took ${runs} runs`);
    env.promise(charged === 0, `tasks were charged ${charged} times for a wrong date`);
    const starts = env.ledger.lines().filter(({ what }) => what === "start");
    for (const { id, key, at, delayMs } of env.ledger.accepted()) {
      // A push is accepted a little before its ledger line is written, but never later.
      const first = starts.find((line) => line.id === id)?.at ?? Infinity;
      env.promise(
        first - at > delayMs - 500,
        `${key}: it ran ${Math.round(at + delayMs - first)} ms early`,
      );
    }
  },
});

export default clockSkew;
