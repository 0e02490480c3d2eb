/**
 * The engine on a real Redis Cluster: each queue in one slot, spread over nodes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "ioredis";
import { ioredis } from "../../adapters/ioredis.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { startCluster } from "../support/redis.ts";

const queues = ["a", "b", "c", "default"];
const double = rlTask("double", (n: number) => n * 2);

test("tasks of four queues spread over a cluster all end, and a worker is seen on each node", {
  timeout: 60_000,
}, async () => {
  const cluster = await startCluster(3);
  const client = new Cluster([...cluster.nodes]);
  client.on("error", () => {});
  const port = ioredis(client);
  const rl = createRelier({ redis: port });
  const errors: unknown[] = [];
  const worker = createWorker(rl, { queues, handleSignals: false });
  worker.on("error", ({ error }) => errors.push(error));
  try {
    await worker.start();
    const handles = await Promise.all(
      queues.flatMap((queue) => [1, 2, 3, 4, 5].map((n) => double.with({ queue }).apush(n))),
    );
    const results = await Promise.all(handles.map((handle) => handle.result({ timeout: "20s" })));
    assert.deepEqual(results, queues.flatMap(() => [2, 4, 6, 8, 10]));
    for (const name of queues) {
      assert.deepEqual(await rl.queue(name).audit(), []);
      assert.deepEqual((await rl.queue(name).stats()).workers, [worker.id]);
    }
    assert.deepEqual(await worker.drain(), { completed: 20, handedOff: 0, lost: 0 });
    assert.deepEqual(errors, []);
  } finally {
    await worker.drain({ timeout: 0 });
    await rl.close();
    await port.close();
    client.disconnect();
    await cluster.stop();
  }
});
