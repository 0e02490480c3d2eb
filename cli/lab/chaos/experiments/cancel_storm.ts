/**
 * `rl chaos cancel-storm`: tasks are cancelled while they wait and run, and their workers
 * are killed and drained before they can obey.
 *
 * @module
 */

import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import type { Environment } from "../../environment.ts";
import { drawJobs, findTarget, inject, type Target } from "../../faults.ts";

/** When the cancellation of each task was answered, by the clock of Redis in microseconds. */
const answered = new WeakMap<Environment, Map<string, number>>();

/** Cancels the tasks; notes which cancellations were accepted. */
async function cancel(env: Environment, ids: readonly string[]): Promise<void> {
  const accepted = await Promise.all(ids.map((id) => env.relier.handle(id).cancel("storm")));
  const [seconds, micros] = (await env.redis.send("TIME")).match(/^\d+\r?$/gm)!.map(Number);
  const known = answered.get(env) ?? new Map<string, number>();
  answered.set(env, known);
  ids.forEach((id, i) => accepted[i] && known.set(id, seconds! * 1e6 + micros!));
}

/** Cancels what a worker runs, whose handlers ignore it, and ends the worker at once. */
async function strike(
  env: Environment,
  { worker }: Target,
  signal: "SIGKILL" | "SIGTERM",
): Promise<void> {
  const tasks = [...worker.running.values()];
  await cancel(env, tasks.map(({ id }) => id));
  inject(env, { worker, tasks }, signal);
  await env.pool.until("the worker is gone", () => worker.state === "gone");
}

const cancelStorm: ChaosCommand = chaosCommand({
  name: "cancel-storm",
  summary: "Cancel tasks while their workers are killed and drained",
  proves: "once a cancellation is accepted, no further attempt of its task starts",
  args: {},
  plan: () => ({ workers: 3, drainMs: 300, tasks: 24 }),
  async run(env) {
    const { plan, tasks } = env;
    // A task that was cancelled before it could obey ends as cancelled; its effect may be there.
    const end = "cancelled";
    const deaf = drawJobs(env, plan.tasks, [2000, 3000], { fault: "deaf" });
    const waiting = await env.push(deaf, { end });
    await env.push(drawJobs(env, 4, [5000, 5000], { fault: "hangs" }, "slow"), {
      task: tasks.bounded,
      priority: 10,
      end,
    });
    for (const signal of ["SIGKILL", "SIGTERM", "SIGKILL"] as const) {
      await env.ready();
      await strike(env, await findTarget(env, 200), signal);
    }
    await cancel(env, waiting);
  },
  check(env) {
    const known = answered.get(env) ?? new Map<string, number>();
    env.promise(known.size > 0, "no cancellation was accepted");
    for (const { what, id, key, fence } of env.ledger.lines()) {
      // The fence of a claim is its time: one from before may be on its way to its worker.
      if (what !== "start" || fence <= (known.get(id) ?? Infinity)) continue;
      env.promise(false, `${key}: an attempt was claimed after its cancellation was accepted`);
    }
  },
});

export default cancelStorm;
