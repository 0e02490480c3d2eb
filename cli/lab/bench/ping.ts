/**
 * The time of a bare round trip to Redis: the floor of every call.
 *
 * @module
 */

import { Redis } from "ioredis";

/** Times PINGs. */
export interface Pinger {
  /** Sends one; resolves to its time in ms. */
  ping(): Promise<number>;
  close(): void;
}

/** Opens a connection to the Redis at `url`. */
export async function openPinger(url: string): Promise<Pinger> {
  const redis = new Redis(url, { lazyConnect: true, protocol: 2 });
  await redis.connect();
  return {
    async ping() {
      const began = performance.now();
      await redis.ping();
      return performance.now() - began;
    },
    close: () => redis.disconnect(),
  };
}
