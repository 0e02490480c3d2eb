/**
 * A port over a wire that a test can cut.
 *
 * @module
 */

import { Redis } from "ioredis";
import { ioredis } from "../../adapters/ioredis.ts";
import type { RedisPort } from "../../core/port.ts";
import { type PortBench, timeoutMs } from "../conformance/port.ts";
import { openWire } from "./wire.ts";

/** A port, and the client under it. */
export interface Opened {
  readonly port: RedisPort;
  close(): void;
}

/** Opens a port over a wire to the server at `url`; `end` stops the server. */
export async function portBench(
  url: string,
  end: () => Promise<void>,
  open: (url: string) => Opened = overIoredis,
): Promise<PortBench> {
  const wire = await openWire(url);
  const { port, close } = open(wire.url);
  const inspector = new Redis(url);
  inspector.on("error", () => {});
  return {
    port,
    wire,
    admin: ([command, ...args]) => inspector.call(command!, args),
    async close() {
      await port.close();
      close();
      inspector.disconnect();
      await wire.close();
      await end();
    },
  };
}

/** A client with the worst settings that a caller can choose: none may matter. */
function overIoredis(url: string): Opened {
  const client = new Redis(url, {
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
  return { port: ioredis(client, { timeoutMs }), close: () => client.disconnect() };
}
