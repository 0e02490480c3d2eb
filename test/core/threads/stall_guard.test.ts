/**
 * The thread that stands in while a handler blocks the event loop: its renewals, the
 * trust afterwards, and the behaviour where no thread can start.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker as Thread } from "node:worker_threads";
import { Cluster, Redis } from "ioredis";
import { ioredis } from "../../../adapters/ioredis.ts";
import { call } from "../../../core/redis/call.ts";
import { renew } from "../../../core/redis/generated/worker.ts";
import { createWorker, rlTask } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const echo = rlTask("echo-beside-a-thread", (text: string) => text);
/** Blocks the event loop, and so this whole process. */
const block = rlTask("block", (ms: number) => {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return ms;
});

test(
  "a renewal covers exactly the tasks that the worker holds",
  withRelier(async ({ moves, redis, key }) => {
    await moves.pushRows(Array.from({ length: 200 }, () => ({})));
    await moves.pushRows(Array.from({ length: 60 }, () => ({})));
    await moves.turn({ worker: "w1", slots: 200, leaseMs: 1_000 });
    const { tasks: [mine] } = await moves.turn({ worker: "w1", spare: 50, leaseMs: 1_000 });
    const { tasks: others } = await moves.turn({ worker: "w10", slots: 10, leaseMs: 1_000 });
    const soon = Date.now() + 30_000;
    const calls = [];
    let after = "";
    do {
      const args = { worker: "w1", leaseMs: 60_000, after };
      [, , , after] = await call(moves.caller, moves.partition, renew, args, [{ id: mine!.id }]);
      calls.push(after);
    } while (after !== "");
    assert.equal(calls.length, 2);
    assert.equal(await redis.zcount(key("running"), soon, "+inf"), 250);
    assert.equal(await redis.zcount(key("running"), "-inf", soon), others.length);
    // Of the prefetched tasks, the started ones are charged, and the rest are not.
    for (let swept = 0; swept < 250; swept += 200) await moves.crash("w1");
    assert.equal((await moves.facts(mine!.id)).crashes, "1");
    assert.equal(await redis.zcard(key("running")), others.length);
    assert.deepEqual((await moves.facts(others[0]!.id)).state, "running");
  }),
);

test(
  "a renewal for an unknown worker that holds nothing does not invent one",
  withRelier(async ({ moves, redis, key }) => {
    await moves.push();
    await call(moves.caller, moves.partition, renew, {
      worker: "ghost",
      leaseMs: 1_000,
      after: "",
    });
    assert.equal(await redis.exists(key("workers"), key("worker")), 0);
  }),
);

test(
  "a handler that blocks the loop for three leases keeps its task, and others find the loop free",
  withRelier(async ({ rl, worker, queue }) => {
    const w = await worker({ lease: "1s", concurrency: 2 });
    const stalls: string[] = [];
    w.on("stalled", ({ reason }) => stalls.push(reason));
    await until("the thread stands", async () => {
      return (await queue.workers())[0]?.info.pulse === "thread";
    }, 10_000);
    const [blocked, beside] = [await rl.apush(block, 3_000), await rl.apush(echo, "beside")];
    assert.equal(await blocked.result(), 3_000);
    assert.equal(await beside.result(), "beside");
    const { events } = await queue.stats();
    assert.deepEqual([events["claim"], events["resurrect"]], [2, undefined]);
    assert.equal(stalls.length, 1);
  }),
);

test(
  "a claim whose reply always comes later than its lease lasts is confirmed by a beat, and run once",
  withRelier(async ({ client, worker, port: open }) => {
    const port = open();
    const run: typeof port.run = async (program, ...rest) => {
      const reply = await port.run(program, ...rest);
      const [, , , tasks] = reply as readonly (readonly unknown[])[];
      if (program.name === "settle_and_claim" && tasks!.length > 0) {
        await new Promise((resolve) => setTimeout(resolve, 1_200));
      }
      return reply;
    };
    const rl = client({ redis: { ...port, run } });
    const w = await worker({ lease: "1s", stallBudget: 0, phoenix: false }, rl);
    const events: string[] = [];
    w.on("started", () => events.push("started"));
    w.on("handedOff", ({ reason }) => events.push(`handedOff ${reason}`));
    assert.equal(await (await rl.apush(echo, "late")).result({ timeout: scaled(5_000) }), "late");
    assert.deepEqual(events, ["started"]);
    await w.drain();
    await rl.close();
    await port.close();
  }),
);

test(
  "a thread that ends is replaced",
  withRelier(async ({ worker, queue }) => {
    const pulse = async () => (await queue.workers())[0]?.info.pulse;
    const threads = new Set<Thread>();
    const { postMessage, unref } = Thread.prototype;
    // An existing thread receives the worker; a new one is released.
    Thread.prototype.postMessage = function (...message: Parameters<typeof postMessage>) {
      if (message[0].do === "begin") threads.add(this);
      return postMessage.apply(this, message);
    };
    Thread.prototype.unref = function () {
      // The compiler of the modules also runs in a thread, of another kind.
      if (this.constructor === Thread) threads.add(this);
      return unref.call(this);
    };
    try {
      await worker({ lease: "1s" });
      await until("the thread stands", async () => await pulse() === "thread", 10_000);
      await [...threads][0]!.terminate();
      await until("it is missed", async () => await pulse() === "loop");
      await until("another one stands", async () => await pulse() === "thread", 10_000);
      assert.equal(threads.size, 2);
    } finally {
      Object.assign(Thread.prototype, { postMessage, unref });
    }
  }),
);

test(
  "a worker whose thread cannot connect reports that, and works",
  withRelier(async ({ client, queue, port: open }) => {
    const port = open();
    const rl = client({ redis: { ...port, origin: () => Promise.resolve(null) } });
    const w = createWorker(rl, { lease: "1s", handleSignals: false });
    const errors: unknown[] = [];
    w.on("error", ({ error }) => errors.push(error));
    await w.start();
    const text = /Cannot start the stall-guard thread .*: if a handler blocks the event loop/;
    await until("it says so", () => errors.some((error) => text.test(String(error))), 10_000);
    assert.equal(await (await rl.apush(echo, "all the same")).result(), "all the same");
    assert.equal((await queue.workers())[0]!.info.pulse, "loop");
    await w.drain();
    await rl.close();
    await port.close();
  }),
);

test("the address for a thread is data, or absent, and is never the printed form of a port", async () => {
  const lazyConnect = true;
  const nodes = [{ host: "127.0.0.1", port: 7000 }];
  const password = "secret";
  const plain = [
    new Redis({ password, lazyConnect, retryStrategy: () => 1 }),
    new Redis({ sentinels: nodes, name: "main", password, lazyConnect }),
    new Cluster(nodes, { lazyConnect, redisOptions: { password } }),
  ];
  for (const client of plain) {
    const port = ioredis(client);
    const origin = await port.origin!();
    assert.match(JSON.stringify(origin), /"password":"secret"/);
    assert.deepEqual(structuredClone(origin), origin);
    assert.doesNotMatch(JSON.stringify(port), /secret/);
    await port.close();
  }
  const odd = [
    new Redis({ lazyConnect, tls: { checkServerIdentity: () => undefined } }),
    new Cluster(nodes, { lazyConnect, dnsLookup: (name, found) => found(null, name) }),
  ];
  for (const client of odd) {
    const port = ioredis(client);
    assert.equal(await port.origin!(), undefined);
    await port.close();
  }
});
