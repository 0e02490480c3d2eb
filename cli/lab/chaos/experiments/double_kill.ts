/**
 * `rl chaos double-kill`: a worker is killed, and then the one that took its tasks over.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import {
  drawJobs,
  findTarget,
  inject,
  type Target,
  targetOf,
  untilRecovered,
} from "../../faults.ts";
import { runLive } from "../../live_run.ts";

const about = {
  name: "double-kill",
  summary: "Kill a worker, then the one that has its tasks",
  proves: "a task that lost two workers runs alone in quarantine, and is completed",
};

const doubleKill: ChaosCommand = chaosCommand({
  ...about,
  args: {},
  plan: () => ({ tasks: 12 }),
  async run(env) {
    const { pool, plan } = env;
    await env.push(drawJobs(env, plan.tasks, [900, 1600]));
    const first = await findTarget(env, 400);
    await untilRecovered(env, [first], () => inject(env, first, "SIGKILL"));
    // A worker that runs any of the interrupted tasks.
    const interrupted = first.tasks.map(({ id }) => id);
    let second: Target | undefined;
    await pool.until("another worker has an interrupted task", () => {
      const next = pool.workers.find(({ running }) => interrupted.some((id) => running.has(id)));
      if (next) second = targetOf(env, next.number);
      return next !== undefined;
    }, 5000);
    await untilRecovered(env, [first, second!], () => inject(env, second!, "SIGKILL"));
  },
  async check(env) {
    const [first, second] = env.faults;
    if (!second) return;
    for (const id of second.ids.filter((each) => first!.ids.includes(each))) {
      const { facts } = await env.queue.inspect(id);
      const charged = facts["crashes"] ?? 0;
      env.promise(charged === "2", `${env.keyOf(id)}: charged with ${charged} deaths, not 2`);
    }
  },
  runLive: (context, given) =>
    runLive(context, given, { ...about, signal: "SIGKILL", times: "chain" }),
});

export default doubleKill;
