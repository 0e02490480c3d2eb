/**
 * `rl chaos deploy`: every worker is asked to leave, one behind the other, and
 * replaced, as a deploy does.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";
import { leave } from "../../drain_check.ts";

const deploy: ChaosCommand = chaosCommand(experiment({
  name: "deploy",
  summary: "Replace every worker, one behind the other, with SIGTERM",
  proves: "each finishes or hands off what it has and exits with 0; no task is charged for it",
  args: {},
  plan: () => ({ leaseMs: 3000, drainMs: 600, workers: 3 }),
  async play(stage) {
    const { crew, plan } = stage;
    await stage.push(jobsOf(stage, plan.tasks, [300, 1500]));
    for (const number of crew.workers.map((member) => member.number)) {
      await stage.complete();
      await stage.push(jobsOf(stage, 4, [900, 1500]), { priority: 10 });
      await leave(stage, [number]);
    }
  },
  check: (stage, { charged }) =>
    stage.promise(charged === 0, `tasks were charged ${charged} times for a deploy`),
}));

export default deploy;
