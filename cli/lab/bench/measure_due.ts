/**
 * Measures a worker of Relier whose tasks were scheduled, and are all due at once.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createRelier, createWorker } from "../../../mod.ts";
import type { DuePlan, Reading } from "./measurement.ts";
import type { Meter } from "./meter.ts";
import { costOfWork, warmUpOf } from "./measure_work.ts";
import { noop, payload } from "./noop_task.ts";

const concurrency = 50;
const queue = "due";
const batch = 1_000;
/** The time to push a thousand tasks, at most. */
const pushMs = 150;

/** Measures `plan.tasks` tasks that were scheduled for the same time. */
export async function measureDue(
  { url, prefix }: { readonly url: string; readonly prefix: string },
  meter: Meter,
  { tasks }: DuePlan,
): Promise<Reading> {
  const relier = createRelier({ redis: url, prefix, tasks: [noop], logger: false });
  const all = warmUpOf(tasks) + tasks;
  const at = new Date(Date.now() + pushMs * (1 + all / batch));
  for (let left = all; left > 0; left -= batch) {
    const rows = Array.from({ length: Math.min(batch, left) }, (): [string] => [payload]);
    await noop.apushMany(rows, { queue, at });
  }
  await sleep(Math.max(0, at.getTime() - Date.now()));
  const worker = createWorker(relier, { queues: [queue], concurrency, handleSignals: false });
  const work = async ({ onDone }: { onDone(): void }): Promise<void> => {
    worker.on("completed", onDone);
    await worker.start();
  };
  return { ...await costOfWork({ work }, meter, { concurrency, tasks, handler() {} }) };
}
