/**
 * `rl chaos duplicate-push`: many clients push the same tasks at once, again while
 * they run, and again when they are done.
 *
 * @module
 */

import { createRelier, type TaskHandle } from "../../../../mod.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { drawJobs } from "../../faults.ts";
import type { Environment } from "../../environment.ts";
import { allOf, type Job, type RunResult } from "../../tasks.ts";

const clients = 5, each = 2;

const duplicatePush: ChaosCommand = chaosCommand({
  name: "duplicate-push",
  summary: "Push the same tasks many times, from many clients",
  proves: "one id, one run and one result for every client, whenever it pushes",
  args: {},
  plan: () => ({ leaseMs: 3000, workers: 3, tasks: 6 }),
  async run(env) {
    const { redis, prefix, tasks, plan, pool } = env;
    const jobs = drawJobs(env, plan.tasks, [400, 700]);
    const reliers = Array.from(
      { length: clients },
      () => createRelier({ redis: redis.url, prefix, tasks: allOf(tasks) }),
    );
    const handles: [Job, TaskHandle<RunResult>][] = [];
    const wave = async (when: string): Promise<void> => {
      const pushes = reliers.flatMap((relier) =>
        jobs.flatMap((job) =>
          Array.from({ length: each }, async () => {
            const handle = await relier.apush(tasks.work, job);
            env.accept(handle, job);
            handles.push([job, handle]);
          })
        )
      );
      await Promise.all(pushes);
      env.addFault(
        `${jobs.length} tasks pushed ${pushes.length} times by ${clients} clients, ${when}`,
      );
    };
    try {
      await wave("at once");
      await pool.until("they run", () => pool.workers.some(({ running }) => running.size > 0));
      await wave("while they run");
      const results = handles.map(([, handle]) => handle.result({ timeout: "15s" }));
      await Promise.allSettled(results);
      await wave("when they are done");
      await compareHandles(env, handles);
    } finally {
      await Promise.all(reliers.map((relier) => relier.close()));
    }
  },
  check(env) {
    const starts = env.ledger.lines().filter(({ what }) => what === "start");
    for (const key of new Set(starts.map((line) => line.key))) {
      const runs = starts.filter((line) => line.key === key);
      env.promise(runs.length === 1, `${key}: it ran ${runs.length} times`);
    }
  },
});

export default duplicatePush;

/** Checks that all clients have the same task and the same result. */
async function compareHandles(
  env: Environment,
  handles: readonly (readonly [Job, TaskHandle<RunResult>])[],
): Promise<void> {
  for (const key of new Set(handles.map(([job]) => job.key))) {
    const all = handles.filter(([job]) => job.key === key).map(([, handle]) => handle);
    const created = all.filter(({ outcome }) => outcome === "created").length;
    env.promise(created === 1, `${key}: it was created ${created} times`);
    const ids = new Set(all.map(({ id }) => id));
    env.promise(ids.size === 1, `${key}: it has ${ids.size} ids`);
    const results = await Promise.all(all.map((handle) => handle.result({ timeout: "5s" })));
    const different = new Set(results.map((result) => JSON.stringify(result)));
    env.promise(different.size === 1, `${key}: it has ${different.size} results`);
  }
}
