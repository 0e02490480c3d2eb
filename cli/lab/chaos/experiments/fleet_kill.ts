/**
 * `rl chaos fleet-kill`: all workers are killed at once.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, drawOrder, findTarget, inject, targetOf, untilRecovered } from "../../faults.ts";
import { runLive } from "../../live_run.ts";

const about = {
  name: "fleet-kill",
  summary: "Kill all workers at once, and start new ones",
  proves: "nothing is lost without workers, and the next ones resurrect every task",
};

const fleetKill: ChaosCommand = chaosCommand({
  ...about,
  args: {},
  // The next workers start first, which takes a busy machine many seconds.
  plan: () => ({ recoveryMs: 40_000 }),
  async run(env) {
    await env.push(drawJobs(env, env.plan.tasks, [700, 1500]));
    await findTarget(env, 300);
    const all = drawOrder(env).map((number) => targetOf(env, number));
    await untilRecovered(env, all, () => all.forEach((each) => inject(env, each, "SIGKILL")));
  },
  runLive: (context, given) =>
    runLive(context, given, { ...about, signal: "SIGKILL", times: "all" }),
});

export default fleetKill;
