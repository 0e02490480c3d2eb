/**
 * What a round trip costs by itself, asked of Redis by its client: the floor of
 * everything that asks Redis once.
 *
 * @module
 */

import { Redis } from "ioredis";

/** Times PINGs. */
export interface Pinger {
  /** How many ms one takes. */
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
