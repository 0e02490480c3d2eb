/**
 * Measures workers of Relier without work.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { createRelier, createWorker } from "../../../mod.ts";
import type { IdlePlan, Reading } from "./measurement.ts";
import type { Meter } from "./meter.ts";

/** Connecting is over after this time. */
const settleMs = 4_000;
const measuredMs = 10_000;
/** Workers that start at once. */
const startedAtOnce = 20;

/** Measures `plan.workers` workers, each with a client of its own, on `plan.queues` queues. */
export async function measureIdle(
  { url, prefix }: { readonly url: string; readonly prefix: string },
  meter: Meter,
  { workers, queues }: IdlePlan,
): Promise<Reading> {
  const names = Array.from({ length: queues }, (_, i) => `idle-${i}`);
  for (let left = workers; left > 0; left -= startedAtOnce) {
    await Promise.all(Array.from({ length: Math.min(left, startedAtOnce) }, async () => {
      const relier = createRelier({ redis: url, prefix, logger: false });
      await createWorker(relier, { queues: names, handleSignals: false }).start();
    }));
  }
  await sleep(settleMs);
  const before = await meter.totals();
  await sleep(measuredMs);
  const after = await meter.totals();
  const seconds = (after.at - before.at) / 1000;
  return {
    redisPercent: 100 * (after.redisUs - before.redisUs) / 1e6 / seconds,
    commandsPerSecond: (after.commands - before.commands) / seconds,
  };
}
