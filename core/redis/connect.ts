/**
 * From what a user calls Redis to a port. The one place that imports a client,
 * and only when a URL asks for one: an edge bundle holds none.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import { environment } from "../base/host.ts";
import { integerOption, knownOptions } from "../base/options.ts";
import type { RedisPort } from "../port.ts";
import { checkRedisUrl, isSocket, redisAddress } from "../redis_url.ts";

/** Reads the `redis` option: a port, a URL or the path of a socket; default `RELIER_REDIS_URL`, then localhost. */
export function portOf(redis: unknown): RedisPort {
  const what = redis === undefined ? "Cannot use RELIER_REDIS_URL" : 'Cannot use option "redis"';
  const given = urlOf(redis);
  if (isPort(given)) return given;
  if (typeof given === "string" && (isSocket(given) || /^(rediss?|unix):/.test(given))) {
    checkRedisUrl(given, what);
    return lazyPort(given, isTarget(redis) ? limitOf(redis) : {});
  }
  throw new TypeError(
    `${what}: it must be a URL that begins with redis:// or rediss://, the path of a socket, or a ` +
      "port such as ioredis(client)",
  );
}

/** The URL that the `redis` option names; the option itself if it names none. */
export function urlOf(redis: unknown): unknown {
  if (redis === undefined) return environment("RELIER_REDIS_URL") ?? "redis://127.0.0.1:6379";
  return isTarget(redis) ? redis.url : redis;
}

function isTarget(
  redis: unknown,
): redis is { readonly url: unknown; readonly timeoutMs?: unknown } {
  return typeof redis === "object" && redis !== null && !isPort(redis) && "url" in redis;
}

/** The options for the client of a URL. @throws TypeError, RangeError */
function limitOf(target: { readonly timeoutMs?: unknown }): { readonly timeoutMs?: number } {
  knownOptions('option "redis"', target, ["url", "timeoutMs"]);
  const { timeoutMs } = target;
  if (timeoutMs === undefined) return {};
  return { timeoutMs: integerOption("redis.timeoutMs", timeoutMs, { min: 100, max: 600_000 }) };
}

/** Returns true for a port. */
export function isPort(value: unknown): value is RedisPort {
  return typeof value === "object" && value !== null &&
    typeof (value as RedisPort).run === "function" &&
    typeof (value as RedisPort).wait === "function";
}

/** A port that connects at its first call, so that creating a client costs nothing. */
function lazyPort(url: string, options: { readonly timeoutMs?: number }): RedisPort {
  let opened: Promise<RedisPort> | undefined;
  let port: RedisPort | undefined;
  const open = (): Promise<RedisPort> =>
    opened ??= importOutsideScope(() => import("#client"))
      .then((client) => port = client.connect(url, options));
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
