/**
 * `rl chaos fleet-kill`: all workers are killed at once.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, strike, untilBack, type Victim, victim } from "../../faults.ts";
import { assault } from "../../live_run.ts";

const about = {
  name: "fleet-kill",
  summary: "Kill all workers at once; new ones find what is left",
  proves: "with nobody there nothing is lost, and whoever comes next brings it all back",
};

const fleetKill: ChaosCommand = chaosCommand(experiment({
  ...about,
  args: {},
  plan: () => ({ backMs: 12_000 }),
  async play(stage) {
    const { crew, plan } = stage;
    await stage.push(jobsOf(stage, plan.tasks, [700, 1500]));
    await victim(stage, orderOf(stage), 300);
    const all: Victim[] = orderOf(stage).map((number) => {
      const member = crew.workers[number - 1]!;
      return { member, owed: [...member.running.values()] };
    });
    await untilBack(stage, all, () => all.forEach((each) => strike(stage, each, "SIGKILL")));
  },
  outside: (context, given) =>
    assault(context, given, { ...about, signal: "SIGKILL", times: "all" }),
}));

export default fleetKill;
