/**
 * The edge: an app in workerd pushes and reads over Upstash's API, and a Node.js worker
 * on the same Redis runs the tasks. Then workerd runs them itself and is killed in the
 * middle. Nothing is lost or charged twice.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { test } from "node:test";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { orderSchema } from "../support/edge/order.ts";
import { scaled } from "../support/machine_speed.ts";
import { type Edge, edgeBundle, startEdge } from "../support/miniflare.ts";
import { startRedis } from "../support/redis.ts";
import { until } from "../support/until.ts";
import { startFront } from "../support/upstash_front.ts";

const shopEntry = `export { default } from "./test/support/edge/shop.ts";`;
const billingEntry = `export { default } from "./test/support/edge/billing.ts";`;
const orders = (what: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${what}-${i}`);

/** Records the effects of handlers, and refuses those with an older fence than the recorded one. */
async function openLedger(): Promise<Ledger> {
  const started: string[] = [];
  const charged = new Map<string, number[]>();
  const server = createServer((request, response) => {
    let body = "";
    request.setEncoding("utf8").on("data", (text: string) => body += text);
    request.on("end", () => {
      const { order, fence } = JSON.parse(body);
      if (request.url === "/hang") return;
      if (request.url === "/started") started.push(order);
      else {
        const fences = charged.get(order) ?? [];
        if (fences.every((each) => each < fence)) charged.set(order, [...fences, fence]);
      }
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    started,
    charges: (order) => charged.get(order)?.length ?? 0,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

interface Ledger {
  readonly url: string;
  /** The order of each started attempt. */
  readonly started: readonly string[];
  /** Number of charges per order. */
  charges(order: string): number;
  close(): void;
}

test("the edge pushes and reads, Node works; then the edge works, is killed, and nothing is lost", {
  timeout: scaled(120_000),
}, async () => {
  const server = await startRedis();
  const front = await startFront(server.url);
  const ledger = await openLedger();
  const redis = { REDIS_URL: front.url, REDIS_TOKEN: front.token };
  const edges: Edge[] = [];
  const billingEdge = async (): Promise<Edge> => {
    const bindings = { ...redis, LEDGER: ledger.url };
    const edge = await startEdge({ entry: billingEntry, bindings });
    edges.push(edge);
    return edge;
  };
  const rl = createRelier({ redis: server.url });
  try {
    const shop = await startEdge({ entry: shopEntry, bindings: redis });
    edges.push(shop);
    const order = async (name: string): Promise<string> => {
      const response = await fetch(`${shop.url}/orders/${name}`, { method: "POST" });
      assert.equal(response.status, 202, await response.clone().text());
      return (await response.json() as { id: string }).id;
    };
    const read = async (id: string) =>
      await (await fetch(`${shop.url}/orders/${id}`)).json() as { state: string; result: unknown };

    const forNode = await Promise.all(orders("node", 20).map(order));
    rlTask("charge-order", { input: orderSchema }, ({ order }) => ({ charged: order, on: "node" }));
    const worker = createWorker(rl, { handleSignals: false });
    await worker.start();
    for (const [i, id] of forNode.entries()) {
      await until(`${id} is done`, async () => (await read(id)).state === "completed", 10_000);
      assert.deepEqual((await read(id)).result, { charged: `node-${i}`, on: "node" });
    }
    await worker.drain();

    const forEdge = await Promise.all(orders("edge", 20).map(order));
    const billing = await billingEdge();
    await billing.scheduled();
    for (const [i, id] of forEdge.entries()) {
      assert.deepEqual(await read(id), {
        state: "completed",
        result: { charged: `edge-${i}`, on: "workerd" },
      });
      assert.equal(ledger.charges(`edge-${i}`), 1);
    }

    const doomed = await Promise.all(orders("doomed", 5).map((name) => order(`${name}?hang`)));
    const invocation = fetch(billing.url).then(() => "answered", () => "cut off");
    await until("all five hang", () => {
      return orders("doomed", 5).every((name) => ledger.started.includes(name));
    }, 20_000);
    await billing.kill();
    assert.equal(await invocation, "cut off");
    assert.equal((await rl.queue("default").stats()).counts.running, 5);

    const next = await billingEdge();
    await until("the tasks came back and are done", async () => {
      await fetch(next.url);
      return (await rl.queue("default").stats()).counts.completed === 45;
    }, 60_000);
    for (const [i, id] of doomed.entries()) {
      assert.deepEqual((await read(id)).result, { charged: `doomed-${i}`, on: "workerd" });
      assert.equal(ledger.charges(`doomed-${i}`), 1, "charged once, by the fence");
      const { history } = await rl.queue("default").inspect(id);
      assert.equal(history.length, 2);
      assert.equal(history.at(-1)!.cause, "completed");
    }
    assert.deepEqual(await rl.queue("default").audit(), []);
    const { counts } = await rl.queue("default").stats();
    const lost = 45 - counts.completed;
    assert.deepEqual([lost, counts.ready, counts.running, counts.dead], [0, 0, 0, 0]);
  } finally {
    await Promise.all(edges.map((edge) => edge.kill()));
    await rl.close();
    ledger.close();
    await front.close();
    await server.kill();
  }
});

test("a producer on the edge bundles no code of the task it pushes", async () => {
  const shop = await edgeBundle({ entry: shopEntry });
  const billing = await edgeBundle({ entry: billingEntry });
  assert.match(billing, /on: "workerd"/);
  assert.doesNotMatch(shop, /on: "workerd"/);
});
