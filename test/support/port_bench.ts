/**
 * A port through ioredis over a wire that a test can cut.
 *
 * @module
 */

import { Redis } from "ioredis";
import { ioredis } from "../../adapters/ioredis.ts";
import { type PortBench, timeoutMs } from "../conformance/port.ts";
import { openWire } from "./wire.ts";

/** Opens a port over a wire to the server at `url`; `end` ends the server. */
export async function portBench(url: string, end: () => Promise<void>): Promise<PortBench> {
  const wire = await openWire(url);
  // Set up as badly as a caller's client can be: none of it may matter.
  const client = new Redis(wire.url, {
    lazyConnect: true,
    keyPrefix: "callers:",
    stringNumbers: true,
    enableOfflineQueue: false,
    maxRetriesPerRequest: null,
    commandTimeout: 1,
    retryStrategy: null,
    readOnly: true,
    enableAutoPipelining: true,
  });
  const inspector = new Redis(url);
  inspector.on("error", () => {});
  const port = ioredis(client, { timeoutMs });
  return {
    port,
    wire,
    admin: ([command, ...args]) => inspector.call(command!, args),
    async close() {
      await port.close();
      client.disconnect();
      inspector.disconnect();
      await wire.close();
      await end();
    },
  };
}
