/**
 * `rl chaos redis-pause`: Redis answers nobody for a while.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, orderOf, victim } from "../../faults.ts";

const redisPause: ChaosCommand = chaosCommand(experiment({
  name: "redis-pause",
  summary: "Have Redis answer nobody for longer than a lease (CLIENT PAUSE)",
  proves: "nobody is blamed for it, and all goes on",
  args: {
    duration: { type: "string", default: "3s", valueHint: "duration", description: "For how long" },
  },
  read: (args) => duration("--duration", args.duration, { min: 100, max: 600_000 }),
  async play(stage, ms) {
    const { redis } = stage;
    await stage.push(jobsOf(stage, stage.plan.tasks, [300, 1200]));
    await victim(stage, orderOf(stage), 100);
    await redis.send("CLIENT", "PAUSE", String(ms), "ALL");
    const since = performance.now();
    stage.strike(`CLIENT PAUSE ${ms} ms`);
    await redis.send("PING");
    const silentMs = performance.now() - since;
    if (silentMs < ms * 0.8) throw new Error(`Redis answered after ${Math.round(silentMs)} ms`);
  },
  check: (stage, { charged }) =>
    stage.promise(charged === 0, `tasks were charged ${charged} times for a pause of Redis`),
}));

export default redisPause;
