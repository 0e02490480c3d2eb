/**
 * Measures a worker while it holds many running tasks.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import type { Contestant, WorkSettings } from "./contestants/contestant.ts";
import type { InFlightPlan, Reading } from "./measurement.ts";
import type { Meter } from "./meter.ts";
import { pushBatches } from "./measure_push.ts";
import { costOfWork, warmUpOf } from "./measure_work.ts";

/** Slots for the tasks that are measured. */
const free = 50;
/** The most slots of one worker. */
const maxSlots = 10_000;
const pollMs = 20;

/** Measures `plan.tasks` tasks while `plan.running` others run. */
export async function measureInFlight(
  opened: Contestant,
  meter: Meter,
  { running, tasks }: InFlightPlan,
): Promise<Reading> {
  let started = 0;
  await pushBatches(opened, running);
  const workers = Math.ceil((running + free) / maxSlots);
  const work = async (settings: WorkSettings): Promise<void> => {
    for (let i = 0; i < workers; i++) await opened.work(settings);
  };
  const cost = costOfWork({ work }, meter, {
    concurrency: Math.ceil((running + free) / workers),
    tasks,
    handler: () => started++ < running ? new Promise<void>(() => {}) : undefined,
  });
  while (started < running) await sleep(pollMs);
  await opened.pushMany(warmUpOf(tasks) + tasks);
  return { ...await cost };
}
