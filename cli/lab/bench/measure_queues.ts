/**
 * Measures a worker of Relier whose tasks wait in many queues.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import type { QueuesPlan, Reading } from "./measurement.ts";
import type { Meter } from "./meter.ts";
import { costOfWork, warmUpOf } from "./measure_work.ts";
import { noop, payload } from "./noop_task.ts";

const concurrency = 50;

/** Measures `plan.tasks` tasks, evenly spread over `plan.queues` queues. */
export async function measureQueues(
  { url, prefix }: { readonly url: string; readonly prefix: string },
  meter: Meter,
  { queues, tasks }: QueuesPlan,
): Promise<Reading> {
  const relier = createRelier({ redis: url, prefix, tasks: [noop], logger: false });
  const names = Array.from({ length: queues }, (_, i) => `queue-${i}`);
  const each = Math.ceil((tasks + warmUpOf(tasks)) / queues);
  for (const queue of names) {
    await noop.apushMany(Array.from({ length: each }, (): [string] => [payload]), { queue });
  }
  const worker = createWorker(relier, { queues: names, concurrency, handleSignals: false });
  const work = async ({ onDone }: { onDone(): void }): Promise<void> => {
    worker.on("completed", onDone);
    await worker.start();
  };
  return { ...await costOfWork({ work }, meter, { concurrency, tasks, handler() {} }) };
}
