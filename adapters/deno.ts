/**
 * The adapter for Deno: ioredis from npm, and errors that name the missing
 * flag. A program needs:
 *
 * - `--allow-net=HOST:PORT`: to reach Redis. A Cluster or Sentinel needs the
 *   addresses of all of its nodes. A socket (`unix://`) needs
 *   `--allow-net=unix:PATH`, `--allow-read=PATH` and `--allow-write=PATH`.
 * - `--allow-env`, or `--ignore-env`: ioredis reads the environment while it
 *   loads, and needs nothing of it. `RELIER_REDIS_URL` counts only if Deno
 *   permits to read it.
 * - `--allow-read`, for workers: so that a thread can stand in while a handler
 *   blocks the event loop, and for tasks with `isolate`. Without it a worker reports
 *   an `error` event, and relies on its leases.
 * - `--allow-run`, for tasks with `isolate: "process"`.
 * - `--allow-sys=hostname`: only so that a worker publishes the name of its host.
 *
 * SIGTERM and SIGINT need no permission: a worker drains, and the program exits
 * with 0. Load modules before a handler does: after an `import()` inside one,
 * Deno 2.9 runs the events of its sockets in the context of that handler, so that a
 * server in the same process may seem to push from there.
 *
 * @example
 * ```ts
 * import { createRelier } from "@relier/core";
 * import { connect } from "@relier/core/deno";
 *
 * const rl = createRelier({ redis: connect("redis://127.0.0.1:6379", { timeoutMs: 5_000 }) });
 * ```
 *
 * @module
 */

// Imported first: its error explains better than ioredis why that cannot be loaded.
import { permits } from "./redis/deno_permissions.ts";
import type { RedisPort } from "../core/port.ts";
import { isSocket } from "../core/redis_url.ts";
import { connect as open, type IoredisOptions } from "./ioredis.ts";

export {
  ioredis,
  type IoredisClient,
  type IoredisCluster,
  type IoredisConnection,
  type IoredisOptions,
} from "./ioredis.ts";

/**
 * Makes a port that connects by itself, on first use, and closes its own
 * connections. Accepts `redis://`, `rediss://` (TLS) with user, password and
 * database, `unix://` and the path of a socket.
 *
 * @throws {TypeError} If `url` is none of these, or Deno does not permit to
 * connect there: the message names the flag. It repeats the host and the port,
 * and nothing else of the URL.
 */
export function connect(url: string, options: IoredisOptions = {}): RedisPort {
  const port = open(url, options);
  const missing = missingFlags(url);
  if (missing.length === 0) return port;
  void port.close();
  throw new TypeError(`Cannot connect: Deno does not permit it; run it with ${missing.join(" ")}`);
}

/** The flags that are missing to reach `url`. */
function missingFlags(url: string): string[] {
  if (isSocket(url)) {
    const path = url.replace(/^unix:\/\//, "").replace(/\?.*/, "");
    const flags: string[] = [];
    if (!permits({ name: "net", host: `unix:${path}` })) flags.push(`--allow-net=unix:${path}`);
    if (!permits({ name: "read", path })) flags.push(`--allow-read=${path}`);
    if (!permits({ name: "write", path })) flags.push(`--allow-write=${path}`);
    return flags;
  }
  const host = hostOf(url);
  return host === undefined || permits({ name: "net", host }) ? [] : [`--allow-net=${host}`];
}

/** Host and port in the form of Deno's flags; `undefined` if `url` cannot be parsed. */
function hostOf(url: string): string | undefined {
  try {
    const { hostname, port } = new URL(url);
    return `${hostname || "localhost"}:${port || 6379}`;
  } catch {
    return undefined;
  }
}
