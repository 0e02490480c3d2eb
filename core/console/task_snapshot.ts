/**
 * Snapshot of a task, its queue and its workers: all that decides what happens to
 * the task next. Reading it takes a fixed number of calls, however long the queue is.
 *
 * @module
 */

import type { QueueStats, Relier, TaskDetails, WorkerEntry } from "../../mod.ts";
import { queueOf } from "./ids.ts";

/** A task, its queue and its workers at a moment. */
export interface TaskSnapshot {
  /** The task. */
  readonly task: TaskDetails;
  /** Name of its queue. */
  readonly queue: string;
  /** Numbers of its queue. */
  readonly stats: QueueStats;
  /** Workers of its queue. */
  readonly workers: readonly WorkerEntry[];
  /** Tasks a second that workers claim from the queue; `null` if not measured. */
  readonly claimsPerSecond: number | null;
  /** Time of the snapshot, in milliseconds since 1970. */
  readonly now: number;
}

/** One reason: a code for programs and a sentence for people. */
export interface Explanation {
  /** Reason as a word for programs. */
  readonly code: string;
  /** Reason as a sentence for people. */
  readonly text: string;
}

/** Time over which claims are counted. */
const measureMs = 400;

/**
 * Reads the snapshot of task `id`; `measure` counts claims for 400 ms if the task waits in line.
 *
 * @throws {RelierError} `RL_NOT_FOUND`
 */
export async function taskSnapshot(
  relier: Relier,
  id: string,
  measure = true,
): Promise<TaskSnapshot> {
  const name = queueOf(id);
  const queue = relier.queue(name);
  const [task, stats, workers] = await Promise.all([
    queue.inspect(id),
    queue.stats(),
    queue.workers(),
  ]);
  const inLine = task.state === "ready" && Number(task.facts["ahead"] ?? 0) > 0;
  let claimsPerSecond: number | null = null;
  if (measure && inLine && workers.length > 0) {
    const before = performance.now();
    await new Promise<void>((resolve) => setTimeout(() => resolve(), measureMs));
    const { events } = await queue.stats();
    const claims = (events["claim"] ?? 0) - (stats.events["claim"] ?? 0);
    claimsPerSecond = claims / (performance.now() - before) * 1000;
  }
  return { task, queue: name, stats, workers, claimsPerSecond, now: Date.now() };
}
