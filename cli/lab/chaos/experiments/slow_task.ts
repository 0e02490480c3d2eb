/**
 * `rl chaos slow-task`: handlers hang, and ignore their signal.
 *
 * @module
 */

import { duration } from "../../../framework/duration.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";
import { hardMs } from "../../tasks.ts";

const slowTask: ChaosCommand = chaosCommand({
  name: "slow-task",
  summary: "Fill every slot with handlers that hang and ignore their signal",
  proves: "the hard timeout frees the slots, and the attempts are fenced",
  args: {
    duration: {
      type: "string",
      default: "4s",
      valueHint: "duration",
      description: "How long they hang",
    },
  },
  read: (args) => duration("--duration", args.duration, { min: hardMs + 500, max: 600_000 }),
  plan: () => ({ workers: 3, concurrency: 1 }),
  async run(env, ms) {
    const { pool, plan, tasks } = env;
    const slots = plan.workers * plan.concurrency;
    const hanging = await env.push(drawJobs(env, slots, [ms, ms], { fault: "hangs" }, "slow"), {
      task: tasks.bounded,
      priority: 50,
    });
    await pool.until("all slots hang", () => {
      return hanging.every((id) => pool.workers.some(({ running }) => running.has(id)));
    }, 10_000);
    const since = performance.now();
    env.addFault(`every slot hangs for ${ms} ms; the hard timeout is ${hardMs} ms`);
    const others = await env.push(drawJobs(env, plan.tasks, [20, 100]));
    await pool.until("the other tasks are done", () => {
      return others.every((id) => pool.completed.has(id));
    }, ms + 10_000);
    const tookMs = Math.round(performance.now() - since);
    env.promise(
      tookMs < ms,
      `the others were done after ${tookMs} ms: they waited for the slots`,
    );
    const returned = () =>
      env.ledger.lines().filter(({ what, attempt, id }) =>
        what === "end" && attempt === 1 && hanging.includes(id)
      );
    // Their late results are ignored; the verdict checks which run each result is from.
    await pool.until("the handlers that hung return", () => returned().length === slots, ms + 5000);
  },
  async check(env) {
    for (
      const { id, key } of env.ledger.accepted().filter((each) => each.key.startsWith("slow"))
    ) {
      const { facts } = await env.queue.inspect(id);
      env.promise(facts["failures"] === "1", `${key}: ${facts["failures"] ?? 0} failures, not 1`);
    }
  },
});

export default slowTask;
