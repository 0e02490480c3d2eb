/**
 * What work costs: how many a second, and the CPU time of Redis and of this
 * process for each.
 *
 * @module
 */

import process from "node:process";

/** What one piece of work cost, each for one of many. */
export interface Cost {
  readonly perSecond: number;
  readonly redisUs: number;
  readonly nodeUs: number;
}

/** Does `work` on `n` tasks and says what it cost; `cpuUs` is the CPU time of Redis so far. */
export async function measure(
  cpuUs: () => Promise<number>,
  n: number,
  work: () => Promise<unknown>,
): Promise<Cost> {
  const before = await cpuUs();
  const cpu = process.cpuUsage();
  const start = performance.now();
  await work();
  const ms = performance.now() - start;
  const { user, system } = process.cpuUsage(cpu);
  return {
    perSecond: Math.round(n / ms * 1000),
    redisUs: (await cpuUs() - before) / n,
    nodeUs: (user + system) / n,
  };
}
