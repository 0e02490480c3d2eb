/**
 * The port contract on one server and on the embedded engine, through ioredis.
 *
 * @module
 */

import { Redis } from "ioredis";
import { ioredis } from "../adapters/ioredis.ts";
import { type PortBench, portSuite, timeoutMs } from "./conformance/port.ts";
import { embedded, startRedis } from "./support/redis.ts";
import { openWire } from "./support/wire.ts";

/** Opens a port over a wire to the server at `url`. */
async function bench(url: string, end: () => Promise<void>): Promise<PortBench> {
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

const noWait = "the engine has no WAIT";

portSuite("ioredis", async () => {
  const server = await startRedis();
  return await bench(server.url, () => server.kill());
});

portSuite("ioredis on the embedded engine", async () => {
  const engine = await embedded();
  return await bench(engine.url, () => engine.close());
}, {
  skip: {
    "confirm by replicas that do not exist is unknown, says how many, and ran": noWait,
    "an unconfirmed call does not hold up the others": noWait,
    "close() leaves no connection of the port behind": noWait,
  },
});
