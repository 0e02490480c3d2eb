/**
 * `#client` without sockets, on the edge and in browsers. It keeps every client out
 * of such bundles.
 *
 * @module
 */

import type { RedisPort } from "../../core/port.ts";

/** Refuses, and names what to do instead. The URL is not shown: it may hold a password. */
export function connect(_url: string, _options?: { readonly timeoutMs?: number }): RedisPort {
  throw new TypeError(
    "Cannot connect to a Redis URL on this runtime: pass a port, e.g. upstash({ url, token })",
  );
}
