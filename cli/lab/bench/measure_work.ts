/**
 * Measures a worker that runs waiting tasks. The first tasks are not measured, so the
 * start of a worker counts for no contestant.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant } from "./contestants/contestant.ts";
import type { Reading, WorkPlan } from "./measurement.ts";
import { costBetween, type Meter, type Totals } from "./meter.ts";
import { batch } from "./measure_push.ts";

/** The share of the tasks that is run first, and not measured. */
const warmUp = 0.2;

/** Measures `plan.tasks` tasks of one worker. */
export async function measureWork(
  opened: Contestant,
  meter: Meter,
  { concurrency, tasks, handlerMs }: WorkPlan,
): Promise<Reading> {
  const first = Math.ceil(tasks * warmUp);
  const all = first + tasks;
  const empty = await meter.totals();
  for (let left = all; left > 0; left -= batch) await opened.pushMany(Math.min(batch, left));
  const pushed = costBetween(empty, await meter.totals(), all);
  let done = 0;
  let before: Promise<Totals> | undefined;
  const after = new Promise<Totals>((resolve) => {
    const onDone = (): void => {
      done++;
      if (done === first) before = meter.totals();
      if (done === all) resolve(meter.totals());
    };
    const handler = handlerMs === 0 ? () => {} : () => sleep(Math.random() * handlerMs);
    void opened.work({ concurrency, handler, onDone });
  });
  const end = await after;
  const cost = costBetween(await before!, end, tasks);
  return { ...cost, lifecycleRedisUs: pushed.redisUs + cost.redisUs };
}
