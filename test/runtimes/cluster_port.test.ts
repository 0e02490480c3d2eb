/**
 * The port contract on a real cluster, through ioredis.
 *
 * @module
 */

import { Cluster } from "ioredis";
import { ioredis } from "../../adapters/ioredis.ts";
import { portSuite, timeoutMs } from "../conformance/port.ts";
import { startCluster } from "../support/redis.ts";
import { portSkips } from "../support/suites.ts";
import { until } from "../support/until.ts";

// Each test has slots of its own, so one cluster serves them all.
let sharedCluster: ReturnType<typeof startCluster> | undefined;

portSuite("ioredis on a cluster", async () => {
  const cluster = await (sharedCluster ??= startCluster(3));
  const client = new Cluster([...cluster.nodes], { lazyConnect: true });
  const inspector = new Cluster([...cluster.nodes]);
  inspector.on("error", () => {});
  const port = ioredis(client, { timeoutMs });
  return {
    port,
    async admin([command, ...args], key = "") {
      await until("the inspector knows the slots", () => inspector.slots.length === 16_384);
      const slot = Number(await inspector.cluster("KEYSLOT", key));
      const name = inspector.slots[slot]![0];
      const node = inspector.nodes().find(({ options }) =>
        `${options.host}:${options.port}` === name
      );
      return await node!.call(command!, args);
    },
    async close() {
      await port.close();
      client.disconnect();
      inspector.disconnect();
    },
  };
}, { skip: portSkips.cluster });
