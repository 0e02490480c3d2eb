/**
 * Measures the time from a push to the handler, with an idle worker.
 *
 * @module
 */

import { setTimeout as sleep } from "node:timers/promises";
import { percentile } from "../spread.ts";
import type { Contestant } from "./contestants/contestant.ts";
import type { LatencyPlan, Reading } from "./measurement.ts";

/** Tasks that are not measured: the first ones are slow. */
const warmUp = 20;
/** The time for a worker to become idle again. */
const idleMs = 10;

/** Measures `plan.tasks` tasks, one after the other. */
export async function measureLatency(
  opened: Contestant,
  { tasks }: LatencyPlan,
): Promise<Reading> {
  let began = 0;
  let arrived = (_ms: number): void => {};
  await opened.work({
    concurrency: 1,
    handler: () => arrived(performance.now() - began),
    onDone() {},
  });
  const times: number[] = [];
  for (let i = -warmUp; i < tasks; i++) {
    await sleep(idleMs);
    const arrival = new Promise<number>((resolve) => arrived = resolve);
    began = performance.now();
    await opened.push();
    const ms = await arrival;
    if (i >= 0) times.push(ms);
  }
  times.sort((a, b) => a - b);
  return { p50: percentile(times, 0.5), p99: percentile(times, 0.99) };
}
