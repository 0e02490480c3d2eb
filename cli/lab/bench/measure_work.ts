/**
 * Measures a worker that runs waiting tasks. The first tasks are not measured, so the
 * start of a worker counts for no contestant.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant, WorkSettings } from "./contestants/contestant.ts";
import type { Reading, WorkPlan } from "./measurement.ts";
import { type Cost, costBetween, type Meter, type Totals } from "./meter.ts";
import { pushBatches } from "./measure_push.ts";

/** The share of the tasks that is run first, and not measured. */
const warmUp = 0.5;

/** Measures `plan.tasks` tasks of one worker. */
export async function measureWork(
  opened: Contestant,
  meter: Meter,
  { concurrency, tasks, handlerMs }: WorkPlan,
): Promise<Reading> {
  const all = warmUpOf(tasks) + tasks;
  const empty = await meter.totals();
  await pushBatches(opened, all);
  const pushed = costBetween(empty, await meter.totals(), all);
  const handler = handlerMs === 0 ? () => {} : () => sleep(Math.random() * handlerMs);
  const cost = await costOfWork(opened, meter, { concurrency, tasks, handler });
  return { ...cost, lifecycleRedisUs: pushed.redisUs + cost.redisUs };
}

/** The cost of `tasks` waiting tasks, after those of the warm-up. */
export async function costOfWork(
  opened: Pick<Contestant, "work">,
  meter: Meter,
  { tasks, ...settings }: Omit<WorkSettings, "onDone"> & { readonly tasks: number },
): Promise<Cost> {
  const first = warmUpOf(tasks);
  let done = 0;
  let before: Promise<Totals> | undefined;
  const after = new Promise<Totals>((resolve, reject) => {
    const onDone = (): void => {
      done++;
      if (done === first) before = meter.totals();
      if (done === first + tasks) resolve(meter.totals());
    };
    opened.work({ ...settings, onDone }).catch(reject);
  });
  const end = await after;
  return costBetween(await before!, end, tasks);
}

/** The number of tasks that are run before `tasks` measured ones. */
export function warmUpOf(tasks: number): number {
  return Math.ceil(tasks * warmUp);
}
