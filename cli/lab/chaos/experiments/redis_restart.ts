/**
 * `rl chaos redis-restart`: Redis is killed, and starts again on what its disk
 * has.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, victim } from "../../faults.ts";

const redisRestart: ChaosCommand = chaosCommand(experiment({
  name: "redis-restart",
  summary: "Kill Redis, and start it again on its append-only file",
  proves: "everybody connects again by themselves; nothing accepted is lost, nobody is blamed",
  args: {},
  async play(stage) {
    const { redis, plan } = stage;
    await stage.push(jobsOf(stage, plan.tasks, [300, 1200]));
    await victim(stage, orderOf(stage), 100);
    const before = await redis.run();
    stage.strike("SIGKILL redis-server");
    await redis.restart();
    if (await redis.run() === before) throw new Error("Redis is the same as before");
    // Accepted by the one that came back.
    await stage.push(jobsOf(stage, 5, [50, 100]));
  },
  check: (stage, { charged }) =>
    stage.promise(charged === 0, `tasks were charged ${charged} times for a crash of Redis`),
}));

export default redisRestart;
