/**
 * The cost of work: tasks per second, and the CPU time of Redis and of this process
 * per task.
 *
 * @module
 */

import process from "node:process";

/** The cost of one task among many. */
export interface Cost {
  readonly perSecond: number;
  readonly redisUs: number;
  readonly nodeUs: number;
}

/** Measures `work` on `n` tasks; `cpuUs` reads the CPU time of Redis so far. */
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
