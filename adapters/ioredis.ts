/**
 * The adapter for ioredis 5.6.1 or later, on Node.js, Deno and Bun: one
 * server, Sentinel and Cluster.
 *
 * @module
 */

import { Cluster, Redis } from "ioredis";
import type { RedisPort } from "../core/port.ts";
import { checkRedisUrl } from "../core/redis_url.ts";
import type { IoredisClient, IoredisCluster, IoredisConnection } from "./redis/ioredis_client.ts";
import { cluster, single } from "./redis/ioredis_connection.ts";
import { type Origin, originOf } from "./redis/ioredis_origin.ts";
import { portOver, timeoutOf } from "./redis/connected_port.ts";
import { reasonOf } from "./redis/redis_failure.ts";

export type { IoredisClient, IoredisCluster, IoredisConnection };

/** Options of {@linkcode ioredis}. */
export interface IoredisOptions {
  /**
   * Milliseconds until an unanswered call rejects, 100 to 600,000; 10,000 if
   * absent. A connection that is silent for half of that time is replaced, and
   * its unanswered commands are sent again.
   */
  readonly timeoutMs?: number;
}

/**
 * Makes a port from an ioredis client. Commands use separate connections, made
 * with `duplicate()`: the client decides the address and the user, but its
 * retries, timeouts, `keyPrefix` and reply options are not used. The caller
 * still closes the client, which need not be connected.
 *
 * @throws {RangeError} If `timeoutMs` is out of range.
 */
export function ioredis(client: IoredisClient, options: IoredisOptions = {}): RedisPort {
  const timeoutMs = timeoutOf(options);
  const topology = client.isCluster
    ? cluster(client as IoredisCluster, timeoutMs)
    : single(client as IoredisConnection, timeoutMs);
  return portOver(topology, timeoutMs, () => originOf(client, timeoutMs));
}

/**
 * Makes a port that connects by itself, on first use, and closes its own
 * connections. Accepts `redis://`, `rediss://` (TLS) with user, password and
 * database, `unix://` and the path of a socket.
 *
 * @throws {TypeError} If `url` is none of these. The message does not repeat
 * the URL, as it may hold a password.
 */
export function connect(url: string, options: IoredisOptions = {}): RedisPort {
  checkRedisUrl(url);
  return ioredis(clientOf(url), options);
}

/** This client never connects: it carries the options for those that do. */
function clientOf(url: string): Redis {
  try {
    return new Redis(url, { lazyConnect: true });
  } catch (error) {
    // The error of the client may hold the URL.
    throw new TypeError(
      `Cannot connect: ioredis refuses an option in the URL (${reasonOf(error)})`,
    );
  }
}

/** Makes a port to the Redis that the `origin` of another port describes, with its own connections. */
export function reopen(origin: unknown): RedisPort {
  const { nodes, options, timeoutMs } = origin as Origin;
  const client = nodes
    ? new Cluster(nodes, { ...options, lazyConnect: true })
    : new Redis({ ...options, lazyConnect: true });
  return ioredis(client, { timeoutMs });
}
