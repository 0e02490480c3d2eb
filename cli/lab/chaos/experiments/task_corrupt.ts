/**
 * `rl chaos task-corrupt`: the bytes of waiting tasks are overwritten in Redis.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";

const garbage = ['{"v":1,"name":', "\u0000\u0007 not JSON", '{"v":1,"name":7,"payload":[]}'];

const taskCorrupt: ChaosCommand = chaosCommand({
  name: "task-corrupt",
  summary: "Overwrite the bytes of waiting tasks in Redis",
  proves: "they end in the dead-letter queue with their bytes; other tasks are completed",
  args: {},
  plan: () => ({ workers: 3 }),
  async run(env) {
    const { plan, redis, prefix, queue } = env;
    const bad = drawJobs(env, garbage.length, [50, 100], {}, "bad");
    // Delayed, so that no worker claims a task before its bytes are overwritten.
    const ids = await env.push(bad, { delay: 2000, end: "dead" });
    await env.push(drawJobs(env, plan.tasks, [100, 400]));
    for (const [i, id] of ids.entries()) {
      const [name, partition, local] = id.split("~") as [string, string, string];
      const key = `${prefix}:{${name}~${partition}}:task`;
      const answer = await redis.send("HSET", key, local, garbage[i]!);
      // 0: the field existed.
      if (answer !== ":0") throw new Error(`Found no task to overwrite: ${answer}`);
      env.addFault(`HSET the task ${bad[i]!.key}: ${JSON.stringify(garbage[i])}`);
    }
    // Each is expected to fail.
    const ends = ids.map((id) => env.relier.handle(id).result({ timeout: "8s" }));
    await Promise.allSettled(ends);
    for (const [i, id] of ids.entries()) {
      const { facts, envelope } = await queue.inspect(id);
      const { key } = bad[i]!;
      env.promise(facts["reason"] === "corrupt", `${key}: it died for "${facts["reason"]}"`);
      env.promise(envelope === garbage[i], `${key}: its bytes were not kept`);
    }
  },
});

export default taskCorrupt;
