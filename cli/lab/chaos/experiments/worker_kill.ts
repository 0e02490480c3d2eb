/**
 * `rl chaos worker-kill`: a worker is killed in the middle of its tasks.
 *
 * @module
 */

import { choice, integer } from "../../../framework/option_values.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, findTarget, inject, resume, untilRecovered } from "../../faults.ts";
import { runLive } from "../../live_run.ts";

const about = {
  name: "worker-kill",
  summary: "Kill a worker in the middle of its tasks",
  proves: "no task is lost or settled twice, each runs again within the lease and 5 s",
};

const workerKill: ChaosCommand = chaosCommand({
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
      description: "Signal to send",
    },
    times: {
      type: "string",
      default: "1",
      valueHint: "number",
      description: "Number of workers to kill, one after another",
    },
    worker: {
      type: "string",
      valueHint: "worker",
      description: "Name of the worker, or its number with --self-contained (default: random)",
    },
  },
  read: ({ signal, times, worker }) => ({
    signal: `SIG${choice("--signal", signal, ["KILL", "STOP", "TERM"])}` as const,
    times: integer("--times", times, { min: 1, max: 1000 }),
    worker,
  }),
  async run(env, { signal, times, worker }) {
    const { plan } = env;
    const number = worker && integer("--worker", worker, { min: 1, max: plan.workers });
    const share = Math.ceil(plan.tasks / times);
    for (let round = 0; round < times; round++) {
      await env.ready();
      await env.push(drawJobs(env, share, [700, 1500]), { priority: 10 });
      const target = await findTarget(env, 300, number ? { order: [number] } : {});
      await untilRecovered(env, [target], () => inject(env, target, signal));
      if (signal === "SIGSTOP") resume(target);
    }
  },
  runLive: (context, given, options) => runLive(context, given, { ...about, ...options }),
});

export default workerKill;
