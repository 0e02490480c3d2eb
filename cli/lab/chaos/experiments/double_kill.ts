/**
 * `rl chaos double-kill`: a worker is killed, and so is the one that takes over.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, strike, untilBack, type Victim, victim } from "../../faults.ts";
import { assault } from "../../live_run.ts";

const about = {
  name: "double-kill",
  summary: "Kill a worker, then the one that has its tasks",
  proves: "a task that lost two workers runs alone in quarantine, and is completed all the same",
};

const doubleKill: ChaosCommand = chaosCommand(experiment({
  ...about,
  args: {},
  plan: () => ({ tasks: 12 }),
  async play(stage) {
    const { crew, plan } = stage;
    await stage.push(jobsOf(stage, plan.tasks, [900, 1600]));
    const first = await victim(stage, orderOf(stage), 400);
    await untilBack(stage, [first], () => strike(stage, first, "SIGKILL"));
    // One that runs what the first had, however many of it are left.
    const orphans = first.owed.map(({ id }) => id);
    let second: Victim | undefined;
    await crew.until("another has a task of the first", () => {
      const heir = crew.workers.find(({ running }) => orphans.some((id) => running.has(id)));
      if (heir) second = { member: heir, owed: [...heir.running.values()] };
      return heir !== undefined;
    }, 5000);
    await untilBack(stage, [first, second!], () => strike(stage, second!, "SIGKILL"));
  },
  async check(stage) {
    const [first, second] = stage.strikes;
    if (!second) return;
    for (const id of second.ids.filter((each) => first!.ids.includes(each))) {
      const { facts } = await stage.queue.inspect(id);
      const charged = facts["crashes"] ?? 0;
      stage.promise(charged === "2", `${stage.keyOf(id)}: charged with ${charged} deaths, not 2`);
    }
  },
  outside: (context, given) =>
    assault(context, given, { ...about, signal: "SIGKILL", times: "heir" }),
}));

export default doubleKill;
