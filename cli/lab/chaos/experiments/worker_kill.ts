/**
 * `rl chaos worker-kill`: a worker is killed in the middle of its tasks.
 *
 * @module
 */

import { choice, integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, strike, untilBack, victim, wake } from "../../faults.ts";
import { assault } from "../../live_run.ts";

const about = {
  name: "worker-kill",
  summary: "Kill a worker in the middle of its tasks",
  proves: "none lost, none settled twice, each running again within the lease and 5 s",
};

const workerKill: ChaosCommand = chaosCommand(experiment({
  ...about,
  examples: [
    "rl chaos worker-kill --signal TERM",
    "rl chaos worker-kill --self-contained --times 5",
  ],
  args: {
    signal: {
      type: "string",
      default: "KILL",
      valueHint: "KILL|STOP|TERM",
      description: "What it is sent",
    },
    times: {
      type: "string",
      default: "1",
      valueHint: "number",
      description: "How many are killed",
    },
    worker: {
      type: "string",
      valueHint: "worker",
      description: "Which one: its name, or its number with --self-contained (drawn)",
    },
  },
  read: ({ signal, times, worker }) => ({
    signal: `SIG${choice("--signal", signal, ["KILL", "STOP", "TERM"])}` as const,
    times: integer("--times", times, { min: 1, max: 1000 }),
    worker,
  }),
  async play(stage, { signal, times, worker }) {
    const { plan } = stage;
    const wish = worker && integer("--worker", worker, { min: 1, max: plan.workers });
    const share = Math.ceil(plan.tasks / times);
    for (let round = 0; round < times; round++) {
      await stage.complete();
      await stage.push(jobsOf(stage, share, [700, 1500]), { priority: 10 });
      const struck = await victim(stage, orderOf(stage, wish || undefined), 300);
      await untilBack(stage, [struck], () => strike(stage, struck, signal));
      if (signal === "SIGSTOP") wake(struck);
    }
  },
  outside: (context, given, options) => assault(context, given, { ...about, ...options }),
}));

export default workerKill;
