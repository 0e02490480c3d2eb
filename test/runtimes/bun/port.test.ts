/**
 * The port contract on one server, through Bun's own client: by a URL, and by
 * a client of the caller's.
 *
 * @module
 */

import { bun, type BunClient, connect } from "../../../adapters/bun.ts";
import { portSuite, timeoutMs } from "../../conformance/port.ts";
import { portBench } from "../../support/port_bench.ts";
import { startRedis } from "../../support/redis.ts";

declare const Bun: { readonly RedisClient: new (url: string, options?: object) => BunClient };

portSuite("bun, by a URL", async () => {
  const server = await startRedis();
  return await portBench(
    server.url,
    () => server.kill(),
    (url) => ({ port: connect(url, { timeoutMs }), close() {} }),
  );
});

portSuite("bun, by a client", async () => {
  const server = await startRedis();
  return await portBench(server.url, () => server.kill(), (url) => {
    // A client with the worst settings that a caller can choose: none may matter.
    const client = new Bun.RedisClient(url, {
      enableOfflineQueue: false,
      autoReconnect: true,
      maxRetries: 100,
      connectionTimeout: 100_000,
      enableAutoPipelining: true,
    });
    return { port: bun(client, { timeoutMs }), close: () => client.close() };
  });
});
