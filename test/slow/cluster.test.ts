/**
 * The engine on a real Redis Cluster: each queue in one slot, spread over the nodes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Cluster } from "ioredis";
import { ioredis } from "../../adapters/ioredis.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { startCluster } from "../support/redis.ts";
import { until } from "../support/until.ts";

const queues = ["a", "b", "c", "default"];
const double = rlTask("double", (n: number) => n * 2);
const spin = rlTask("spin-on-a-cluster", (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
});

test("tasks of four queues spread over a cluster all end, and a worker is seen on each node", {
  timeout: scaled(60_000),
}, async () => {
  const cluster = await startCluster(3);
  const client = new Cluster([...cluster.nodes]);
  client.on("error", () => {});
  const port = ioredis(client);
  const rl = createRelier({ redis: port, logger: false });
  const errors: unknown[] = [];
  const worker = createWorker(rl, { queues, handleSignals: false, lease: "1s" });
  worker.on("error", ({ error }) => errors.push(error));
  try {
    await worker.start();
    const handles = await Promise.all(
      queues.flatMap((queue) => [1, 2, 3, 4, 5].map((n) => double.with({ queue }).apush(n))),
    );
    const results = await Promise.all(
      handles.map((handle) => handle.result({ timeout: scaled(20_000) })),
    );
    assert.deepEqual(results, queues.flatMap(() => [2, 4, 6, 8, 10]));
    for (const name of queues) {
      assert.deepEqual(await rl.queue(name).audit(), []);
      assert.deepEqual((await rl.queue(name).stats()).workers, [worker.id]);
    }
    // A thread stands in on every node.
    await until("the thread stands", async () => {
      return (await rl.queue("a").workers())[0]?.info.pulse === "thread";
    }, 20_000);
    for (const name of ["a", "b"]) {
      const spinning = await spin.with({ queue: name }).apush(2_500);
      await spinning.result({ timeout: scaled(10_000) });
      const { events } = await rl.queue(name).stats();
      assert.deepEqual([events["claim"], events["resurrect"]], [6, undefined]);
    }
    assert.deepEqual(await worker.drain(), {
      completed: 22,
      handedOff: 0,
      unsettled: 0,
      lost: 0,
      command: null,
    });
    assert.deepEqual(errors, []);
  } finally {
    await worker.drain({ timeout: 0 });
    await rl.close();
    await port.close();
    client.disconnect();
    await cluster.stop();
  }
});
