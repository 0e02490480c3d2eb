/**
 * Measures the memory of a task in Redis: waiting, running and completed.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "./contestants/contestant.ts";
import type { MemoryPlan, Reading } from "./measurement.ts";
import type { Meter } from "./meter.ts";
import { pushBatches } from "./measure_push.ts";

/** The most running tasks: groupmq runs one of each group. */
const maxRunning = 1_000;
/** The time until Redis has freed the buffers of its clients. */
const quietMs = 300;
const pollMs = 20;

/** Measures `plan.tasks` waiting tasks, then a worker that holds some of them and completes all. */
export async function measureMemory(
  opened: Contestant,
  meter: Meter,
  { tasks }: MemoryPlan,
): Promise<Reading> {
  const bytes = async (): Promise<number> => {
    await sleep(quietMs);
    return await meter.bytes();
  };
  await opened.pushMany(1); // Keys that every queue has, and scripts.
  const empty = await bytes();
  await pushBatches(opened, tasks);
  const waiting = await bytes();

  const running = Math.min(maxRunning, tasks);
  let started = 0, done = 0;
  let release = (): void => {};
  const held = new Promise<void>((resolve) => release = resolve);
  await opened.work({
    concurrency: running,
    handler: () => (started++, held),
    onDone: () => void done++,
  });
  while (started < running) await sleep(pollMs);
  const claimed = await bytes();
  release();
  while (done <= tasks) await sleep(pollMs);
  const completed = await bytes();
  const perWaiting = (waiting - empty) / tasks;
  return {
    waiting: perWaiting,
    running: perWaiting + (claimed - waiting) / running,
    completed: (completed - empty) / tasks,
  };
}
