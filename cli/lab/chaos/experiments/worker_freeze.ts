/**
 * `rl chaos worker-freeze`: a worker is stopped for longer than its lease; when
 * it resumes, other workers have its tasks.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, findTarget, inject, resume, untilRecovered } from "../../faults.ts";
import { runLive } from "../../live_run.ts";

const workMs = 2500;

const about = {
  name: "worker-freeze",
  summary: "Stop a worker for longer than its lease, then resume it",
  proves: "other workers take over, and the resumed one is fenced: it writes nothing",
};

const workerFreeze: ChaosCommand = chaosCommand({
  ...about,
  args: {},
  plan: () => ({ leaseMs: 1500, concurrency: 4 }),
  async run(env) {
    const { pool } = env;
    // Half the slots, so that other workers have room at once.
    const jobs = drawJobs(env, 8, [workMs, workMs]);
    const pushedAt = performance.now();
    await env.push(jobs);
    const target = await findTarget(env, workMs / 2);
    await untilRecovered(env, [target], () => inject(env, target, "SIGSTOP"));
    // Resume it when its handlers are due, and before the others finish.
    await sleep(Math.max(0, pushedAt + workMs + 200 - performance.now()), undefined, {
      signal: env.signal,
    });
    const elsewhere = target.tasks.filter(({ id }) => !pool.completed.has(id));
    if (elsewhere.length === 0) throw new Error("The other workers finished before it resumed");
    const { worker } = target;
    resume(target);
    env.addFault(`SIGCONT worker ${worker.number}: it does not know that its lease is over`);
    const isFenced = (id: string): boolean =>
      pool.fenced.some((event) => event.id === id && event.worker === worker);
    await pool.until(
      "the resumed worker is fenced",
      () => elsewhere.every(({ id }) => isFenced(id) || pool.completed.get(id) === worker),
      8000,
    );
    for (const { id, job } of elsewhere) {
      env.promise(isFenced(id), `${job!.key}: the resumed worker was not fenced`);
    }
  },
  runLive: (context, given) => runLive(context, given, { ...about, signal: "SIGSTOP", times: 1 }),
});

export default workerFreeze;
