/**
 * From what a user calls Redis to a port. The one place that imports a client,
 * and only when a URL asks for one: an edge bundle holds none.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import { environment } from "../base/host.ts";
import type { RedisPort } from "../port.ts";
import { checkRedisUrl, isSocket, redisAddress } from "../redis_url.ts";

/** Reads the `redis` option: a port, a URL or the path of a socket; default `RELIER_REDIS_URL`, then localhost. */
export function portOf(redis: unknown): RedisPort {
  const what = redis === undefined ? "Cannot use RELIER_REDIS_URL" : 'Cannot use option "redis"';
  const given = redis === undefined ? defaultUrl() : redis;
  if (isPort(given)) return given;
  if (typeof given === "string" && (isSocket(given) || /^(rediss?|unix):/.test(given))) {
    checkRedisUrl(given, what);
    return lazyPort(given);
  }
  throw new TypeError(
    `${what}: it must be a URL that begins with redis:// or rediss://, the path of a socket, or a ` +
      "port such as ioredis(client)",
  );
}

/** The URL of Redis if no option is given. */
export function defaultUrl(): string {
  return environment("RELIER_REDIS_URL") ?? "redis://127.0.0.1:6379";
}

function isPort(value: unknown): value is RedisPort {
  return typeof value === "object" && value !== null &&
    typeof (value as RedisPort).run === "function" &&
    typeof (value as RedisPort).wait === "function";
}

/** A port that connects at its first call, so that creating a client costs nothing. */
function lazyPort(url: string): RedisPort {
  let opened: Promise<RedisPort> | undefined;
  let port: RedisPort | undefined;
  const open = (): Promise<RedisPort> =>
    opened ??= importOutsideScope(() => import("#client"))
      .then((client) => port = client.connect(url));
  return {
    // Every call takes this path, so it waits for the port only until there is one.
    run: (...call) => port ? port.run(...call) : open().then((opened) => opened.run(...call)),
    wait: async (...call) => await (await open()).wait(...call),
    listen: async (...call) => await (await open()).listen!(...call),
    get closed() {
      return port?.closed ?? false;
    },
    address: redisAddress(url),
    get trouble() {
      return port?.trouble;
    },
    unref: () => port?.unref?.(),
    close: async () => {
      // A connection that failed to open has nothing to close, and its error was reported already.
      await (await opened?.catch(() => undefined))?.close();
    },
    origin: async () => await (await open()).origin?.(),
  };
}
