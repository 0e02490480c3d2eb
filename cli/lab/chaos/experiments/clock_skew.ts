/**
 * `rl chaos clock-skew`: the date of a worker is wrong, and is set while it
 * works.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";

const delayMs = 1500;

const clockSkew: ChaosCommand = chaosCommand(experiment({
  name: "clock-skew",
  summary: "Set the date of a worker ahead and back while it works",
  proves: "only the clock of Redis counts: nothing runs early, nobody is blamed",
  args: {
    worker: { type: "string", default: "1", valueHint: "worker", description: "Which one" },
    by: { type: "string", default: "90s", valueHint: "duration", description: "By how much" },
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
  async play(stage, { byMs }) {
    const { crew, plan } = stage;
    await stage.push(jobsOf(stage, plan.tasks, [300, 900]));
    await stage.push(jobsOf(stage, 6, [50, 100], {}, "later"), { delay: delayMs });
    const skewed = crew.workers[plan.skew!.worker - 1]!;
    await crew.until("the worker with the wrong date works", () => skewed.running.size > 0, 10_000);
    stage.strike(
      `worker ${skewed.number} (${skewed.pid}) is ${byMs / 1000} s ahead, then behind, and so on`,
    );
    await crew.until(
      "it has completed something",
      () => [...crew.completed.values()].includes(skewed),
      10_000,
    );
  },
  check(stage, { charged, runs, pushed }) {
    stage.promise(runs === pushed, `${pushed} tasks took ${runs} runs`);
    stage.promise(charged === 0, `tasks were charged ${charged} times for a wrong date`);
    const starts = stage.ledger.lines().filter(({ what }) => what === "start");
    for (const { id, key, at, delayMs } of stage.ledger.accepted()) {
      // The push was accepted a little before that is on record, but never later.
      const first = starts.find((line) => line.id === id)?.at ?? Infinity;
      stage.promise(
        first - at > delayMs - 500,
        `${key}: it ran ${Math.round(at + delayMs - first)} ms early`,
      );
    }
  },
}));

export default clockSkew;
