/**
 * The port contract through Upstash's SDK, over HTTP: by an address and by a
 * caller's own client.
 *
 * @module
 */

import { Redis as UpstashRedis } from "@upstash/redis/cloudflare";
import { Redis } from "ioredis";
import { upstash, type UpstashOptions } from "../../adapters/upstash.ts";
import { type PortBench, portSuite, timeoutMs } from "../conformance/port.ts";
import { startRedis } from "../support/redis.ts";
import { startFront } from "../support/upstash_front.ts";
import { portSkips } from "../support/suites.ts";
import { openWire } from "../support/wire.ts";

const skip = portSkips.upstash;

/** Opens a port over a wire to a front of a server. */
async function bench(options: (address: { url: string; token: string }) => UpstashOptions) {
  const server = await startRedis();
  const front = await startFront(server.url);
  const wire = await openWire(front.url);
  const inspector = new Redis(server.url);
  inspector.on("error", () => {});
  const port = upstash(options({ url: `http://${new URL(wire.url).host}`, token: front.token }));
  const bench: PortBench = {
    port,
    wire,
    admin: ([command, ...args]) => inspector.call(command!, args),
    async close() {
      await port.close();
      inspector.disconnect();
      await wire.close();
      await front.close();
      await server.kill();
    },
  };
  return bench;
}

portSuite("upstash", () => bench((address) => ({ ...address, timeoutMs })), { skip });

portSuite("upstash with a client", () =>
  bench((address) => ({
    redis: new UpstashRedis({
      ...address,
      automaticDeserialization: false,
      retry: { retries: 0 },
      enableTelemetry: false,
      signal: () => AbortSignal.timeout(Math.ceil(timeoutMs / 2)),
    }),
    timeoutMs,
  })), { skip });
