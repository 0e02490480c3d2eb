/**
 * Whom a fault should hit: a worker in the middle of something.
 *
 * @module
 */

import type { PoolWorker, RunningJob, WorkerPool } from "../../processes/worker_pool.ts";
import { shorten } from "../../terminal/live_screen.ts";
import type { Job } from "./work.ts";

/**
 * A worker in the middle of tasks that will take `leftMs` longer, and those
 * tasks. Rather one with several, and rather with none that lost a worker
 * before: a second loss is a suspicion, and that is for the poison.
 */
export async function victim(
  { crew, several }: { readonly crew: WorkerPool<Job>; readonly several: number },
  leftMs: number,
  suits: (tasks: readonly RunningJob<Job>[]) => boolean = () => true,
): Promise<{ member: PoolWorker<Job>; owed: readonly RunningJob<Job>[] }> {
  const owedBy = ({ running }: PoolWorker<Job>): RunningJob<Job>[] =>
    [...running.values()].filter((task) => {
      const ran = performance.now() - task.since;
      return task.job !== undefined && ran > 100 && task.job.workMs - ran > leftMs;
    });
  const innocent = ({ running }: PoolWorker<Job>): boolean =>
    [...running.keys()].every((id) => !crew.resurrected.has(id));
  let since = 0;
  let best: PoolWorker<Job> | undefined;
  await crew.until("a worker is in the middle of its tasks", () => {
    const able = crew.workers.filter((member) =>
      member.state === "working" && owedBy(member).length > 0 && suits(owedBy(member))
    );
    const fresh = able.filter(innocent);
    if (able.length > 0) since ||= performance.now();
    const patience = performance.now() - since;
    best = fresh.find((member) => owedBy(member).length >= several);
    if (since > 0 && patience > 300) best ??= fresh[0];
    if (since > 0 && patience > 600) best ??= able[0];
    return best !== undefined;
  });
  return { member: best!, owed: owedBy(best!) };
}

/** What to call a task. */
export function nameOf({ job }: RunningJob<Job>): string {
  return shorten(job?.file ?? "a task", 28);
}

/** What to call several: the first two, and how many more. */
export function names(tasks: readonly RunningJob<Job>[]): string {
  const [first, second, ...more] = tasks.map(nameOf);
  return [first, ...(second ? [second] : []), ...(more.length > 0 ? [`${more.length} more`] : [])]
    .join(", ");
}
