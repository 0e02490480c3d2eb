/**
 * Opening the same Redis again in a thread or a process of ours, by whichever
 * client its worker has.
 *
 * @module
 */

import type { RedisPort } from "../../core/port.ts";
import { isOrigin, reopen as reopenBun } from "../bun.ts";
import { reopen as reopenIoredis } from "../ioredis.ts";

/** Makes a port to what the `origin` of another one described. */
export function reopen(origin: unknown): RedisPort {
  return isOrigin(origin) ? reopenBun(origin) : reopenIoredis(origin);
}
