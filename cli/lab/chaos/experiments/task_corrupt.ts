/**
 * `rl chaos task-corrupt`: the bytes of waiting tasks are overwritten in Redis.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf } from "../../faults.ts";

const garbage = ['{"v":1,"name":', "\u0000\u0007 not JSON", '{"v":1,"name":7,"payload":[]}'];

const taskCorrupt: ChaosCommand = chaosCommand(experiment({
  name: "task-corrupt",
  summary: "Overwrite the bytes of waiting tasks in Redis",
  proves: "they end in the dead-letter queue with their bytes; nobody else notices",
  args: {},
  plan: () => ({ workers: 3 }),
  async play(stage) {
    const { plan, redis, prefix, queue } = stage;
    const bad = jobsOf(stage, garbage.length, [50, 100], {}, "bad");
    // Later, so that nobody has it before the bytes are overwritten.
    const ids = await stage.push(bad, { delay: 2000, end: "dead" });
    await stage.push(jobsOf(stage, plan.tasks, [100, 400]));
    for (const [i, id] of ids.entries()) {
      const [name, partition, local] = id.split("~") as [string, string, string];
      const key = `${prefix}:{${name}~${partition}}:task`;
      const answer = await redis.send("HSET", key, local, garbage[i]!);
      // 0: it overwrote what was there.
      if (answer !== ":0") throw new Error(`There was no task to overwrite: ${answer}`);
      stage.strike(`HSET the task ${bad[i]!.key}: ${JSON.stringify(garbage[i])}`);
    }
    // Each fails, and that is what is waited for.
    const ends = ids.map((id) => stage.relier.handle(id).result({ timeout: "8s" }));
    await Promise.allSettled(ends);
    for (const [i, id] of ids.entries()) {
      const { facts, envelope } = await queue.inspect(id);
      const { key } = bad[i]!;
      stage.promise(facts["reason"] === "corrupt", `${key}: it is dead for "${facts["reason"]}"`);
      stage.promise(envelope === garbage[i], `${key}: its bytes were not kept`);
    }
  },
}));

export default taskCorrupt;
