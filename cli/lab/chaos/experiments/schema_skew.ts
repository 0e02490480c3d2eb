/**
 * `rl chaos schema-skew`: producers are older and newer than the workers, until
 * a deploy replaces the workers.
 *
 * @module
 */

import { createRelier } from "../../../../mod.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs, inject, targetOf } from "../../faults.ts";
import type { Environment } from "../../environment.ts";
import { allOf, defineTasks, payloadOf } from "../../tasks.ts";

const schemaSkew: ChaosCommand = chaosCommand({
  name: "schema-skew",
  summary: "Push payloads of older and newer releases during a deploy",
  proves:
    "old payloads are migrated; newer ones and unknown tasks wait for their release, uncharged",
  args: {},
  plan: () => ({ workers: 3, leaseMs: 3000, tasks: 12 }),
  async run(env) {
    const { pool, plan } = env;
    const each = Math.ceil(plan.tasks / 4);
    const waiting = new Set<string>(), over = new Set<string>();
    pool.listen(({ what, id }) => {
      if (what === "deferred") waiting.add(id);
      if (what === "completed" || what === "dead") over.add(id);
    });
    const known = [...await pushRelease(env, 1, each), ...await pushRelease(env, 2, each)];
    const newer = [...await pushRelease(env, 3, each), ...await pushNewcomers(env, each)];
    await pool.until("the old tasks are done, and the new ones wait", () => {
      return known.every((id) => over.has(id)) &&
        newer.every((id) => waiting.has(id) || over.has(id));
    }, 10_000);
    env.addFault(`${newer.length} tasks are newer than every worker, and wait`);

    env.version = 3;
    for (const { number } of pool.workers) {
      const worker = pool.workers[number - 1]!;
      inject(env, targetOf(env, number), "SIGTERM");
      await pool.until("it is replaced", () => {
        return pool.workers[number - 1] !== worker && pool.workers[number - 1]!.state === "working";
      }, 15_000);
    }
  },
  check(env, { charged }) {
    env.promise(charged === 0, `tasks were charged ${charged} times for a deploy`);
  },
});

export default schemaSkew;

/** Pushes payloads of the release `version`. */
async function pushRelease(env: Environment, version: number, count: number): Promise<string[]> {
  const jobs = drawJobs(env, count, [50, 200], {}, `v${version}-`);
  const { versioned, ...others } = defineTasks({ version });
  return await withClient(env, allOf({ versioned, ...others }), async () => {
    const handles = await versioned.apushMany(jobs.map((job) => [payloadOf(job, version)]));
    handles.forEach((handle, i) => env.accept(handle, jobs[i]!));
    return handles.map(({ id }) => id);
  });
}

/** Pushes tasks that only release 3 defines. */
async function pushNewcomers(env: Environment, count: number): Promise<string[]> {
  const tasks = defineTasks({ version: 3 });
  const jobs = drawJobs(env, count, [50, 200], {}, "new-");
  return await withClient(env, allOf(tasks), () => env.push(jobs, { task: tasks.newcomer! }));
}

/** Calls `push` with a client of its own, because the environment's client lacks these tasks. */
async function withClient<T>(
  { redis, prefix }: Environment,
  tasks: ReturnType<typeof allOf>,
  push: () => Promise<T>,
): Promise<T> {
  const relier = createRelier({ redis: redis.url, prefix, tasks });
  try {
    return await push();
  } finally {
    await relier.close();
  }
}
