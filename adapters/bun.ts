/**
 * The adapter for Bun's own Redis client, of Bun 1.3 or later: one server. For
 * Sentinel and Cluster on Bun there is `@relier/core/ioredis`.
 *
 * @module
 */

import type { RedisPort } from "../core/port.ts";
import { checkRedisUrl, isSocket, redisAddress } from "../core/redis_url.ts";
import { type BunClient, server } from "./redis/bun_connection.ts";
import { portOver, timeoutOf } from "./redis/connected_port.ts";

export type { BunClient };

/** Options of {@linkcode bun}. */
export interface BunOptions {
  /**
   * Milliseconds until an unanswered call rejects, 100 to 600,000; 10,000 if
   * absent. A connection that is silent for half of that time is replaced, and
   * its unanswered commands are sent again.
   */
  readonly timeoutMs?: number;
}

/**
 * Makes a port from a `Bun.RedisClient`. Commands use separate connections, made
 * with `duplicate()`: the client decides the address, the user and TLS. The
 * caller still closes the client, which need not be connected. Bun does not
 * expose its address, so no thread can stand in for a worker and no task can
 * be isolated: for these use {@linkcode connect}.
 *
 * @throws {RangeError} If `timeoutMs` is out of range.
 */
export function bun(client: BunClient, options: BunOptions = {}): RedisPort {
  const topology = server(() => client.duplicate(), true);
  return portOver(topology, timeoutOf(options), () => undefined);
}

/**
 * Makes a port that connects by itself, on first use, and closes its own
 * connections. Accepts `redis://`, `rediss://` (TLS) with user, password and
 * database, `unix://` and the path of a socket.
 *
 * @throws {TypeError} If `url` is none of these or has a query, or without Bun.
 * The message does not repeat the URL, as it may hold a password.
 */
export function connect(url: string, options: BunOptions = {}): RedisPort {
  checkRedisUrl(url);
  if (url.includes("?")) {
    throw new TypeError(
      "Cannot connect: Bun's own client takes no options from the query of a URL: leave it out, " +
        "or use connect of @relier/core/ioredis",
    );
  }
  const RedisClient = nativeClient();
  const timeoutMs = timeoutOf(options);
  const address = isSocket(url) ? `redis+unix://${url.replace("unix://", "")}` : url;
  const profile = {
    connectionTimeout: Math.max(1, Math.floor(timeoutMs / 2)),
    idleTimeout: 0,
    // The adapter replaces a lost connection; the client must not revive it.
    autoReconnect: false,
    maxRetries: 0,
    // Commands wait in the process until the handshake is over, no longer.
    enableOfflineQueue: true,
    // Commands leave at once. Pipelining was slower in measurements, not faster.
    enableAutoPipelining: false,
  };
  const topology = {
    ...server(() => new RedisClient(address, profile), false),
    address: redisAddress(url),
  };
  return portOver(topology, timeoutMs, () => ({ client: "bun", url, timeoutMs } satisfies Origin));
}

/** The data to open the same Redis again. It may hold a password. */
interface Origin {
  readonly client: "bun";
  readonly url: string;
  readonly timeoutMs: number;
}

/** Returns true if `origin` is one of this adapter. */
export function isOrigin(origin: unknown): boolean {
  return (origin as Partial<Origin>).client === "bun";
}

/** Makes a port to the Redis that the `origin` of another port describes, with its own connections. */
export function reopen(origin: unknown): RedisPort {
  const { url, timeoutMs } = origin as Origin;
  return connect(url, { timeoutMs });
}

function nativeClient(): new (url: string, options: object) => BunClient {
  const host = globalThis as unknown as {
    readonly Bun?: { readonly RedisClient?: new (url: string, options: object) => BunClient };
  };
  const RedisClient = host.Bun?.RedisClient;
  if (RedisClient === undefined) {
    throw new TypeError(
      "Cannot connect: this adapter needs Bun 1.3 or later: " +
        "use connect of @relier/core/ioredis",
    );
  }
  return RedisClient;
}
