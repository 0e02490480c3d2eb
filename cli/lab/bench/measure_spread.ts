/**
 * Measures how long one task in each queue of a worker waits.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createRelier, createWorker } from "../../../mod.ts";
import type { Reading, SpreadPlan } from "./measurement.ts";
import { noop, payload } from "./noop_task.ts";

/** Connecting is over after this time. */
const settleMs = 3_000;

/** Measures the time from the first push to the end of the last task. */
export async function measureSpread(
  { url, prefix }: { readonly url: string; readonly prefix: string },
  { queues }: SpreadPlan,
): Promise<Reading> {
  const relier = createRelier({ redis: url, prefix, tasks: [noop], logger: false });
  const names = Array.from({ length: queues }, (_, i) => `spread-${i}`);
  const worker = createWorker(relier, { queues: names, handleSignals: false });
  let left = queues;
  const over = new Promise<void>((resolve) => {
    worker.on("completed", () => --left === 0 && resolve());
  });
  await worker.start();
  await sleep(settleMs);
  const began = performance.now();
  await Promise.all(names.map((queue) => noop.with({ queue }).apush(payload)));
  await over;
  return { lastMs: performance.now() - began };
}
