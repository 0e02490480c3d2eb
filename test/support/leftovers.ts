/**
 * Checks of Redis after a test: its contents are sound, and empty once all tasks are
 * forgotten.
 *
 * @module
 */

import assert from "node:assert/strict";
import type { Buffer } from "node:buffer";
import { Redis } from "ioredis";
import { createRelier, createWorker, type Relier } from "../../mod.ts";
import type { KeyName } from "../../core/protocol/keys.ts";
import { until } from "./until.ts";

/** All contents of Redis as sorted text, because the order of a hash may change. */
export async function dump(url: string): Promise<string[]> {
  return await withRedis(url, async (redis) => {
    const entries: string[] = [];
    for (const key of await redis.keys("*")) {
      const type = await redis.type(key);
      const hex = (list: Buffer[]) => list.map((item) => item.toString("hex"));
      if (type === "hash") {
        for (const [field, value] of Object.entries(await redis.hgetallBuffer(key))) {
          entries.push(`${key} ${field} ${value.toString("hex")}`);
        }
      } else if (type === "zset") {
        const flat = await redis.zrangeBuffer(key, "0", "-1", "WITHSCORES");
        entries.push(`${key} ${hex(flat).join(" ")}`);
      } else {
        assert.equal(type, "list");
        entries.push(`${key} ${hex(await redis.lrangeBuffer(key, 0, -1)).join(" ")}`);
      }
    }
    return entries.sort();
  });
}

/** Checks that the contents of `url` equal `before`. */
export async function assertUnchanged(url: string, before: readonly string[]): Promise<void> {
  const after = await dump(url);
  const [old, fresh] = [new Set(before), new Set(after)];
  const differences = [
    ...before.filter((entry) => !fresh.has(entry)).map((entry) => `was ${entry.slice(0, 200)}`),
    ...after.filter((entry) => !old.has(entry)).map((entry) => `is ${entry.slice(0, 200)}`),
  ];
  assert.deepEqual(differences, []);
}

/** Opens a plain connection for `work`. */
export async function withRedis<T>(url: string, work: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await work(redis);
  } finally {
    redis.disconnect();
  }
}

/** The keys that a queue keeps without tasks: its counters and its bell. */
const lasting: readonly KeyName[] = ["meta", "bell"];
/** The history, which outlasts the tasks but not the workers. */
const expiring: readonly KeyName[] = ["minutes", "hours"];
const workerKeys: readonly KeyName[] = ["workers", "worker"];

/**
 * Checks the invariants of `queues`, whose tasks are all final and whose workers have
 * left.
 *
 * Then it ends the retention of every task, and checks that only the counters, the bell
 * and the history of each queue are left. `unnoticed` are dead workers without a
 * subscription: Redis keeps them for twenty leases.
 */
export async function assertSound(
  url: string,
  queues: readonly string[],
  unnoticed: readonly string[] = [],
): Promise<void> {
  const rl = createRelier({ redis: url, tasks: [], logger: false });
  try {
    for (const queue of queues) {
      assert.deepEqual(await rl.queue(queue).audit(), []);
      const { counts } = await rl.queue(queue).stats();
      const { scheduled, ready, running, quarantined } = counts;
      assert.deepEqual([scheduled, ready, running, quarantined], [0, 0, 0, 0], `open: ${queue}`);
    }
    await age(url, queues);
    await forget(rl, queues, unnoticed.length);
    for (const queue of queues) assert.deepEqual(await rl.queue(queue).audit(), []);
    const keys = await withRedis(url, (redis) => redis.keys("*"));
    for (const queue of queues) {
      await assertKnown(url, queue, unnoticed);
      await assertExpiring(url, queue);
    }
    const outlasting = [...lasting, ...expiring, ...(unnoticed.length > 0 ? workerKeys : [])];
    const allowed = queues.flatMap((queue) => outlasting.map((key) => `rl:{${queue}~0}:${key}`));
    const others = /^rl:\{([\w.]+)~0\}:/;
    const ours = keys.filter((key) => queues.includes(others.exec(key)?.[1] ?? queues[0]!));
    assert.deepEqual(ours.filter((key) => !allowed.includes(key)), []);
  } finally {
    await rl.close();
  }
}

/** Checks that Redis will delete the history of `queue` by itself. */
async function assertExpiring(url: string, queue: string): Promise<void> {
  await withRedis(url, async (redis) => {
    for (const name of expiring) {
      const key = `rl:{${queue}~0}:${name}`;
      if (await redis.exists(key)) assert.ok(await redis.pttl(key) > 0, `${key} never expires`);
    }
  });
}

/** Checks that the worker keys list exactly `unnoticed`, and no other worker. */
async function assertKnown(
  url: string,
  queue: string,
  unnoticed: readonly string[],
): Promise<void> {
  await withRedis(url, async (redis) => {
    const listed = await redis.zrange(`rl:{${queue}~0}:workers`, "0", "-1");
    assert.deepEqual(listed.sort(), [...unnoticed].sort());
    const about = await redis.hkeys(`rl:{${queue}~0}:worker`);
    assert.deepEqual(about.filter((field) => !unnoticed.includes(field.split("#")[0]!)), []);
  });
}

/** Ends the retention of all final tasks. */
async function age(url: string, queues: readonly string[]): Promise<void> {
  const keys = queues.flatMap((queue) =>
    ["completed", "cancelled"].map((state) => `rl:{${queue}~0}:${state}`)
  );
  const code = `for _, key in ipairs(KEYS) do
    for _, id in ipairs(redis.call("ZRANGE", key, 0, -1)) do redis.call("ZADD", key, 1, id) end
  end`;
  await withRedis(url, (redis) => redis.eval(code, keys.length, ...keys));
}

async function forget(rl: Relier, queues: readonly string[], unnoticed: number): Promise<void> {
  for (const queue of queues) {
    for (;;) {
      const { tasks: dead } = await rl.queue(queue).page("dead", { limit: 200 });
      if (dead.length === 0) break;
      await rl.queue(queue).discard(dead.map(({ id }) => id));
    }
  }
  const sweeper = createWorker(rl, { queues, handleSignals: false });
  await sweeper.start();
  for (const queue of queues) {
    await until(`queue ${queue} has forgotten its tasks and its dead workers`, async () => {
      const { counts, workers } = await rl.queue(queue).stats();
      return counts.completed + counts.cancelled === 0 && workers.length === 1 + unnoticed;
    }, 30_000);
  }
  await sweeper.drain();
}
