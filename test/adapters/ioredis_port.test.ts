/**
 * The port contract on one server, through ioredis.
 *
 * @module
 */

import { portSuite } from "../conformance/port.ts";
import { portBench } from "../support/port_bench.ts";
import { startRedis } from "../support/redis.ts";

portSuite("ioredis", async () => {
  const server = await startRedis();
  return await portBench(server.url, () => server.kill());
});
