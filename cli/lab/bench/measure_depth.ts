/**
 * Measures pushes to a queue with many waiting tasks, and a worker on it.
 *
 * @module
 */

import type { Contestant } from "./contestants/contestant.ts";
import type { DepthPlan, Reading } from "./measurement.ts";
import { costBetween, type Meter } from "./meter.ts";
import { pushBatches } from "./measure_push.ts";
import { costOfWork, warmUpOf } from "./measure_work.ts";

const concurrency = 50;

/** Measures `plan.tasks` pushes and as many runs, while at least `plan.waiting` tasks wait. */
export async function measureDepth(
  opened: Contestant,
  meter: Meter,
  { waiting, tasks }: DepthPlan,
): Promise<Reading> {
  await pushBatches(opened, waiting + warmUpOf(tasks));
  const before = await meter.totals();
  await pushBatches(opened, tasks);
  const pushed = costBetween(before, await meter.totals(), tasks);
  const cost = await costOfWork(opened, meter, { concurrency, tasks, handler() {} });
  return { ...cost, pushRedisUs: pushed.redisUs };
}
