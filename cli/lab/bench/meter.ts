/**
 * Reads the cost of work from Redis and from this process, and removes the keys of a
 * measurement.
 *
 * @module
 */

import process from "node:process";
import { Redis } from "ioredis";

/** The totals so far of Redis and of this process. */
export interface Totals {
  /** Milliseconds of a monotonic clock. */
  readonly at: number;
  /** CPU time of this process, in µs. */
  readonly nodeUs: number;
  /** CPU time of the main thread of Redis, in µs. */
  readonly redisUs: number;
  /** Commands that Redis executed, those inside of scripts included. */
  readonly commands: number;
}

/** The cost of one task among many. */
export interface Cost {
  readonly perSecond: number;
  /** CPU time of the main thread of Redis, in µs. */
  readonly redisUs: number;
  /** CPU time of this process, in µs. */
  readonly nodeUs: number;
  readonly commands: number;
}

/** A connection that measures. */
export interface Meter {
  /** Reads the clock and the CPU time of this process now, and the totals of Redis soon. */
  totals(): Promise<Totals>;
  /** Memory that Redis uses, without the buffers of its clients, in bytes. */
  bytes(): Promise<number>;
  /** Removes every key whose name contains `part`. */
  remove(part: string): Promise<void>;
  /** Removes every key of the database. */
  flush(): Promise<void>;
  close(): void;
}

/** Opens a meter on the Redis at `url`. */
export async function openMeter(url: string): Promise<Meter> {
  const redis = new Redis(url, { lazyConnect: true, protocol: 2 });
  await redis.connect();
  return {
    async totals() {
      const at = performance.now();
      const { user, system } = process.cpuUsage();
      const [cpu, stats] = await Promise.all([redis.info("cpu"), redis.info("commandstats")]);
      return { at, nodeUs: user + system, redisUs: cpuUs(cpu), commands: commandsIn(stats) };
    },
    async bytes() {
      const info = await redis.info("memory");
      const number = (name: string): number =>
        Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1] ?? 0);
      return number("used_memory") - number("mem_clients_normal");
    },
    async remove(part) {
      let cursor = "0";
      do {
        const [next, keys] = await redis.scan(cursor, "MATCH", `*${part}*`, "COUNT", 1000);
        if (keys.length > 0) await redis.unlink(...keys);
        cursor = next;
      } while (cursor !== "0");
    },
    flush: async () => void await redis.flushdb(),
    close: () => redis.disconnect(),
  };
}

/** The cost per task of `n` tasks between two readings. */
export function costBetween(before: Totals, after: Totals, n: number): Cost {
  return {
    perSecond: 1000 * n / (after.at - before.at),
    redisUs: (after.redisUs - before.redisUs) / n,
    nodeUs: (after.nodeUs - before.nodeUs) / n,
    commands: (after.commands - before.commands) / n,
  };
}

/** CPU time of the main thread in the section `cpu` of INFO; of all threads before Redis 7. */
function cpuUs(info: string): number {
  const seconds = ["user", "sys"].map((kind) => {
    const found = ["_main_thread", ""].map((suffix) =>
      new RegExp(`^used_cpu_${kind}${suffix}:([\\d.]+)`, "m").exec(info)?.[1]
    );
    return Number(found.find((each) => each !== undefined));
  });
  return 1e6 * (seconds[0]! + seconds[1]!);
}

/** Calls in the section `commandstats` of INFO, without the meter's own. */
function commandsIn(info: string): number {
  let calls = 0;
  for (const [, name, count] of info.matchAll(/^cmdstat_([^:]+):calls=(\d+)/gm)) {
    if (name !== "info") calls += Number(count);
  }
  return calls;
}
