/**
 * `rl chaos drain-overrun`: a worker is asked to leave, and its handlers do not
 * care.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";
import { leave } from "../../drain_check.ts";

const drainOverrun: ChaosCommand = chaosCommand(experiment({
  name: "drain-overrun",
  summary: "Drain a worker whose handlers ignore the deadline",
  proves: "it leaves in time all the same, and its tasks go on elsewhere, uncharged",
  args: {},
  plan: () => ({ leaseMs: 3000, drainMs: 500, tasks: 4 }),
  async play(stage) {
    await stage.push(jobsOf(stage, stage.plan.tasks, [4000, 4500], { fault: "deaf" }));
    await leave(stage);
  },
  check: (stage, { charged }) =>
    stage.promise(charged === 0, `tasks were charged ${charged} times for a drain`),
}));

export default drainOverrun;
