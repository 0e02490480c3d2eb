/**
 * The port contract on a Redis in memory, and its own features: a clock that stands
 * still, and a server for other clients.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { memory, type MemoryPort } from "../../adapters/memory.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { failure, portSuite, program } from "../conformance/port.ts";
import { scaled } from "../support/machine_speed.ts";
import { portSkips } from "../support/suites.ts";
import { bounded, until } from "../support/until.ts";

const echo = program("return ARGV[1]", "echo");
const push = program(`return redis.call("RPUSH", KEYS[1], ARGV[1])`, "push");
const clock = program(`local t = redis.call("TIME") return t[1] * 1000 + t[2] / 1000`, "clock");

portSuite("memory", async () => {
  const port = memory();
  const inspector = new Redis(await port.serve());
  let waiting = 0;
  return {
    port: {
      ...port,
      wait: async (...call) => {
        waiting++;
        await port.wait(...call).finally(() => waiting--);
      },
    },
    // The engine does not report the number of waiting calls.
    admin: async ([command, ...args]) =>
      command === "INFO" ? `blocked_clients:${waiting}` : await inspector.call(command!, args),
    async close() {
      inspector.disconnect();
      await port.close();
    },
  };
}, { skip: portSkips.memory });

/** A test body that gets a port, closed at the end. */
function withPort(
  options: Parameters<typeof memory>[0],
  body: (port: MemoryPort) => Promise<void>,
): () => Promise<void> {
  return async () => {
    const port = memory(options);
    await bounded("the end of the test", body(port), 10_000).finally(() => port.close());
  };
}

test(
  "a confirmation is refused before anything runs, and the refusal names the fix",
  withPort({}, async (port) => {
    for (const confirm of [{ replicas: 1, timeoutMs: 50 }, { fsync: true, timeoutMs: 50 }]) {
      const error = await failure(port.run(push, ["k"], ["x"], confirm));
      assert.equal(error.failure, "unsupported");
      assert.match(error.message, /^Cannot run "push": .* push with durability "memory"$/);
    }
    assert.equal(await port.run(push, ["k"], ["first"]), 1);
  }),
);

test(
  "close() ends waits and subscriptions, and every later call is refused",
  withPort({}, async (port) => {
    const url = await port.serve();
    const client = new Redis(url, { retryStrategy: null });
    client.on("error", () => {});
    await client.ping();
    await port.listen!("c", () => {});
    const waiting = failure(port.wait(["bell"], 10_000));
    await port.run(echo, [], ["the wait stands"]);
    const ended = new Promise((resolve) => client.once("end", resolve));
    await port.close();
    assert.equal((await bounded("the wait ends", waiting, 1_000)).failure, "unknown");
    await bounded("the door is shut", ended, 1_000);
    assert.equal((await failure(port.run(echo, [], ["x"]))).failure, "unknown");
    assert.equal((await failure(port.wait(["bell"], 1_000))).failure, "unknown");
    assert.equal((await failure(port.listen!("c", () => {}))).failure, "unknown");
    await port.close();
  }),
);

test(
  "clients that share a memory or connect through its door see the same data, others see nothing",
  withPort({}, async (port) => {
    const url = await port.serve();
    assert.match(url, /^redis:\/\/127\.0\.0\.1:\d+$/);
    assert.equal(await port.serve(), url);
    const client = new Redis(url);
    const other = memory();
    const shared = port.share();
    try {
      await port.run(push, ["k"], ["x"]);
      assert.deepEqual(await client.lrange("k", 0, -1), ["x"]);
      assert.equal(await other.run(push, ["k"], ["y"]), 1);
      assert.equal(await shared.run(push, ["k"], ["y"]), 2);
      await shared.listen!("c", () => {});
      assert.equal(await client.publish("c", "one"), 1);
      await shared.close();
      assert.equal(await client.publish("c", "nobody"), 0);
      const heard: string[] = [];
      await port.listen!("c", (message) => heard.push(message));
      assert.equal(await client.publish("c", "hello"), 1);
      await until("it is heard", () => heard[0] === "hello");
      const waiting = port.wait(["bell"], 10_000);
      await client.rpush("bell", "ring");
      await bounded("the wait hears the ring of another", waiting, 1_000);
    } finally {
      client.disconnect();
      await other.close();
    }
  }),
);

test(
  "a virtual clock stands still until a test moves it, for scripts and for clients at the door",
  withPort({ clock: "virtual" }, async (port) => {
    const before = await port.run(clock, [], []) as number;
    assert.ok(Math.abs(before - Date.now()) < 60_000, "it begins with the time of this machine");
    await until("real time passes", () => Date.now() > before + 5);
    assert.equal(await port.run(clock, [], []), before);
    assert.equal(port.advance(3_600_000), before + 3_600_000);
    assert.equal(port.advance(0), before + 3_600_000);
    assert.equal(await port.run(clock, [], []), before + 3_600_000);
    const client = new Redis(await port.serve());
    const [seconds] = await client.time().finally(() => client.disconnect());
    assert.equal(Number(seconds), Math.floor((before + 3_600_000) / 1000));
  }),
);

test(
  "a wait on a virtual clock ends when the clock has passed its end, or at a ring",
  withPort({ clock: "virtual" }, async (port) => {
    const order: string[] = [];
    const waits = [
      port.wait(["b"], 30_000).then(() => order.push("30 s")),
      port.wait(["b"], 10_000).then(() => order.push("10 s")),
      port.wait(["b"], 31_000).then(() => order.push("31 s")),
    ];
    await port.run(echo, [], ["they wait"]);
    port.advance(9_999);
    await port.run(echo, [], ["still"]);
    assert.deepEqual(order, []);
    port.advance(20_001);
    await bounded("two are over", Promise.all(waits.slice(0, 2)), 1_000);
    assert.deepEqual(order, ["10 s", "30 s"]);
    await port.run(push, ["b"], ["ring"]);
    await bounded("the last hears the ring", waits[2]!, 1_000);
  }),
);

test("invalid arguments are refused, and change nothing", async () => {
  assert.throws(() => memory({ clock: "fake" as "real" }), {
    name: "TypeError",
    message: 'Cannot use option "clock": it must be "real" or "virtual"',
  });
  const real = memory();
  assert.throws(() => real.advance(1), /^TypeError: Cannot advance a real clock: open memory\(/);
  const virtual = memory({ clock: "virtual" });
  const before = await virtual.run(clock, [], []);
  for (const bad of [-1, Number.NaN, Infinity]) {
    assert.throws(() => virtual.advance(bad), /^RangeError: Cannot advance by /);
  }
  assert.equal(await virtual.run(clock, [], []), before);
  await real.close();
  await virtual.close();
});

test("two clients and two workers share one memory, and it outlives them", async () => {
  const port = memory();
  let started = 0;
  const task = rlTask("memory.shared", async (n: number) => {
    started++;
    await until("both workers are busy", () => started >= 2);
    return n * 2;
  });
  const one = createRelier({ redis: port, tasks: [task] });
  const two = createRelier({ redis: port, tasks: [task] });
  const workers = [one, two].map((client) =>
    createWorker(client, { concurrency: 1, handleSignals: false })
  );
  try {
    await Promise.all(workers.map((each) => each.start()));
    const handles = await two.apushMany(task, [[1], [2], [3]]);
    const results = handles.map(({ id }) =>
      one.handle<number>(id).result({ timeout: scaled(5_000) })
    );
    assert.deepEqual(await Promise.all(results), [2, 4, 6]);
  } finally {
    await Promise.all(workers.map((each) => each.drain()));
    await one.close();
    await two.close();
  }
  assert.equal(await port.run(echo, [], ["here"]), "here");
  await port.close();
});
