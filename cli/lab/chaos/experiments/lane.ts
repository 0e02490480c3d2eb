/**
 * `rl chaos lane`: two tasks have cost workers their lives, and take long when they run alone.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";

const suspectMs = 8000;

const lane: ChaosCommand = chaosCommand({
  name: "lane",
  summary: "Let two long tasks crash the only worker twice, and push others behind them",
  proves: "tasks in quarantine stop no queue: the others are completed meanwhile, uncharged",
  args: {},
  // The second of them waits for the first: no other worker is empty.
  plan: () => ({ workers: 1, tasks: 12, concurrency: 4, recoveryMs: 40_000 }),
  async run(env) {
    const { pool, plan } = env;
    const stop = pool.listen(({ what, worker, reason }) => {
      if (what !== "ended" || reason !== "SIGKILL") return;
      env.addFault(`a task kills the worker (${worker.pid})`, [...worker.running.values()]);
    });
    const suspects = await env.push(
      drawJobs(env, 2, [suspectMs, suspectMs], { fault: "falters" }, "suspect"),
    );
    await pool.until("one of them runs alone", () => {
      const { state, running } = pool.workers[0]!;
      return env.faults.length >= 2 && state === "working" && running.size > 0;
    });
    stop();
    const others = await env.push(drawJobs(env, plan.tasks, [20, 100]));
    await pool.until("the others are completed", () => {
      return others.every((id) => pool.completed.has(id));
    });
    const over = suspects.filter((id) => pool.completed.has(id));
    env.promise(over.length === 0, "the queue stood still until its quarantined tasks had run");
    await pool.until("they are completed", () => suspects.every((id) => pool.completed.has(id)));
    for (const id of others) {
      const { facts } = await env.queue.inspect(id);
      const charged = facts["crashes"] ?? "0";
      env.promise(charged === "0", `${env.keyOf(id)}: charged with ${charged} deaths, not 0`);
    }
  },
});

export default lane;
