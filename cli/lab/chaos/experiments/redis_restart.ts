/**
 * `rl chaos redis-restart`: Redis is killed, and starts again on its append-only
 * file.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, findTarget } from "../../faults.ts";

const redisRestart: ChaosCommand = chaosCommand({
  name: "redis-restart",
  summary: "Kill Redis, and start it again on its append-only file",
  proves: "every client reconnects; no accepted task is lost, none is charged",
  args: {},
  async run(env) {
    const { redis, plan } = env;
    await env.push(drawJobs(env, plan.tasks, [300, 1200]));
    await findTarget(env, 100);
    const before = await redis.run();
    env.addFault("SIGKILL redis-server");
    await redis.restart();
    if (await redis.run() === before) throw new Error("Redis did not restart");
    // These are accepted by the new process.
    await env.push(drawJobs(env, 5, [50, 100]));
  },
  check: (env, { charged }) =>
    env.promise(charged === 0, `tasks were charged ${charged} times for a crash of Redis`),
});

export default redisRestart;
