/**
 * Measures a worker beside another process: a second worker, or 100 producers.
 *
 * @module
 */

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { start, stop } from "../../processes/child_process.ts";
import type { Contestant } from "./contestants/contestant.ts";
import type {
  HelperMessage,
  HelperSetup,
  MeasurementSetup,
  PairPlan,
  Reading,
} from "./measurement.ts";
import { pushBatches } from "./measure_push.ts";
import { warmUpOf } from "./measure_work.ts";

const pollMs = 5;

/** Measures `plan.tasks` tasks that wait for both workers, or for this one. */
export async function measurePair(
  opened: Contestant,
  { helper, concurrency, tasks }: PairPlan,
  place: Omit<MeasurementSetup, "plan">,
): Promise<Reading> {
  const first = warmUpOf(tasks);
  await pushBatches(opened, first + tasks);
  const own = { done: 0, at: 0 };
  let beside: HelperMessage = { done: 0, at: 0 };
  const setup: HelperSetup = { ...place, helper, concurrency };
  const child = start(new URL("./helper_process.ts", import.meta.url), setup);
  child.on("message", (message: HelperMessage) => beside = message);
  await once(child, "message");
  await opened.work({
    concurrency,
    handler() {},
    onDone() {
      own.done++;
      own.at = now();
    },
  });
  const done = (): number => own.done + (helper === "work" ? beside.done : 0);
  while (done() < first) await sleep(pollMs);
  const before = { done: done(), helped: beside.done, at: now() };
  while (done() < first + tasks) await sleep(pollMs);
  const at = Math.max(own.at, helper === "work" ? beside.at : 0);
  const helped = beside.done - before.helped;
  await stop(child, "SIGKILL");
  const seconds = (at - before.at) / 1000;
  return { perSecond: (done() - before.done) / seconds, helperPerSecond: helped / seconds };
}

/** Time in ms since 1970, comparable between processes. */
function now(): number {
  return performance.timeOrigin + performance.now();
}
