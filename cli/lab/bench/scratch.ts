/**
 * A Redis to measure on, with clients under a prefix that is removed afterwards.
 *
 * @module
 */

import { randomBytes } from "node:crypto";
import { createRelier, type RedisPort, type Relier, type RelierOptions } from "../../../mod.ts";
import { findRedis, type FoundRedis, ownRedis } from "../../processes/find_redis.ts";

/** A Redis to measure on. */
export interface Scratch {
  readonly url: string;
  /** Description of the server, such as `127.0.0.1:6379 (redis-server, temporary)`. */
  readonly about: string;
  /** True if the server was started here, and holds nothing else. */
  readonly own: boolean;
  /** True for the embedded engine, which counts no CPU time and runs no scripts of peers. */
  readonly embedded: boolean;
  readonly prefix: string;
  readonly port: RedisPort;
  /** Creates a client; it is closed with the scratch. */
  client(options?: RelierOptions): Relier;
  close(): Promise<void>;
}

/** Opens the Redis at `url`, or a new one; `note` prints a warning. */
export async function openScratch(
  url: string | undefined,
  note: (text: string) => void,
): Promise<Scratch> {
  const redis: FoundRedis = url === undefined ? await ownRedis({}) : await findRedis(url);
  if (redis.notice) note(redis.notice);
  const prefix = `rl-bench-${randomBytes(4).toString("hex")}`;
  const clients: Relier[] = [];
  return {
    url: redis.url,
    about: redis.about,
    own: url === undefined,
    embedded: redis.notice !== undefined,
    prefix,
    port: redis.port,
    client(options = {}) {
      const made = createRelier({ redis: redis.port, prefix, logger: false, ...options });
      clients.push(made);
      return made;
    },
    async close() {
      await Promise.all(clients.map((each) => each.close()));
      await redis.close(prefix);
    },
  };
}
