/**
 * `rl chaos redis-pause`: Redis answers no client for a while.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, findTarget } from "../../faults.ts";

const redisPause: ChaosCommand = chaosCommand({
  name: "redis-pause",
  summary: "Pause Redis for longer than a lease (CLIENT PAUSE)",
  proves: "a paused Redis causes no retries and no resurrections",
  args: {
    duration: {
      type: "string",
      default: "3s",
      valueHint: "duration",
      description: "How long the pause lasts",
    },
  },
  read: (args) => duration("--duration", args.duration, { min: 100, max: 600_000 }),
  async run(env, ms) {
    const { redis } = env;
    await env.push(drawJobs(env, env.plan.tasks, [300, 1200]));
    await findTarget(env, 100);
    await redis.send("CLIENT", "PAUSE", String(ms), "ALL");
    const since = performance.now();
    env.addFault(`CLIENT PAUSE ${ms} ms`);
    await redis.send("PING");
    const silentMs = performance.now() - since;
    if (silentMs < ms * 0.8) throw new Error(`Redis answered after ${Math.round(silentMs)} ms`);
  },
  check: (env, { charged }) =>
    env.promise(charged === 0, `tasks were charged ${charged} times for a pause of Redis`),
});

export default redisPause;
