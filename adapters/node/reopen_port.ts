/**
 * Opens the Redis of a worker again in a thread or a process of this package, with
 * the same client library.
 *
 * @module
 */

import type { RedisPort } from "../../core/port.ts";
import { isOrigin, reopen as reopenBun } from "../bun.ts";
import { reopen as reopenIoredis } from "../ioredis.ts";

/** Makes a port to what the `origin` of another port describes. */
export function reopen(origin: unknown): RedisPort {
  return isOrigin(origin) ? reopenBun(origin) : reopenIoredis(origin);
}
