/**
 * `rl chaos schema-skew`: producers are older and newer than the workers, until
 * those are replaced.
 *
 * @module
 */

import { createRelier } from "../../../../mod.ts";
import { type ChaosCommand, chaosCommand } from "../chaos_command.ts";
import { experiment } from "../experiment.ts";
import { jobsOf, strike } from "../../faults.ts";
import type { Stage } from "../../environment.ts";
import { allOf, defineTasks, payloadOf } from "../../tasks.ts";

const schemaSkew: ChaosCommand = chaosCommand(experiment({
  name: "schema-skew",
  summary: "Push payloads of older and newer releases in the middle of a deploy",
  proves: "old ones are migrated, new ones and unknown tasks wait for their release, uncharged",
  args: {},
  plan: () => ({ workers: 3, leaseMs: 3000, tasks: 12 }),
  async play(stage) {
    const { crew, plan } = stage;
    const each = Math.ceil(plan.tasks / 4);
    const waiting = new Set<string>(), over = new Set<string>();
    crew.listen(({ what, id }) => {
      if (what === "deferred") waiting.add(id);
      if (what === "completed" || what === "dead") over.add(id);
    });
    const known = [...await pushOf(stage, 1, each), ...await pushOf(stage, 2, each)];
    const newer = [...await pushOf(stage, 3, each), ...await pushNewcomers(stage, each)];
    await crew.until("the old ones are done, and the new ones wait", () => {
      return known.every((id) => over.has(id)) &&
        newer.every((id) => waiting.has(id) || over.has(id));
    }, 10_000);
    stage.strike(`${newer.length} tasks are newer than every worker, and wait`);

    stage.version = 3;
    for (const { number } of crew.workers) {
      const member = crew.workers[number - 1]!;
      strike(stage, { member, owed: [...member.running.values()] }, "SIGTERM");
      await crew.until("it is replaced", () => {
        return crew.workers[number - 1] !== member && crew.workers[number - 1]!.state === "working";
      }, 15_000);
    }
  },
  check(stage, { charged }) {
    stage.promise(charged === 0, `tasks were charged ${charged} times for a deploy`);
  },
}));

export default schemaSkew;

/** Pushes as the release `version` does. */
async function pushOf(stage: Stage, version: number, count: number): Promise<string[]> {
  const jobs = jobsOf(stage, count, [50, 200], {}, `v${version}-`);
  const { versioned, ...others } = defineTasks({ version });
  return await through(stage, allOf({ versioned, ...others }), async () => {
    const handles = await versioned.apushMany(jobs.map((job) => [payloadOf(job, version)]));
    handles.forEach((handle, i) => stage.accept(handle, jobs[i]!));
    return handles.map(({ id }) => id);
  });
}

/** Pushes tasks that only the release 3 knows. */
async function pushNewcomers(stage: Stage, count: number): Promise<string[]> {
  const tasks = defineTasks({ version: 3 });
  const jobs = jobsOf(stage, count, [50, 200], {}, "new-");
  return await through(stage, allOf(tasks), () => stage.push(jobs, { task: tasks.newcomer! }));
}

/** Does `push` through a client of its own: those tasks are not the stage's. */
async function through<T>(
  { redis, prefix }: Stage,
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
