/**
 * Compares layouts for waiting tasks by their cost: bytes, and Redis CPU for
 * adding 50 and removing 50 in one script. `core/protocol/keys.ts` has the
 * numbers that decided.
 *
 * @module
 */

import { measure } from "./cost.ts";
import { type Lab, openLab, report } from "./harness.ts";

const tasks = 100_000;
const batch = 50;
const envelope = `{"v":1,"name":"noop","payload":["${"x".repeat(96)}"]}`;

interface Layout {
  readonly name: string;
  readonly put: string;
  readonly take: string;
}

const layouts: readonly Layout[] = [
  {
    name: "a hash for each task, ids in a list",
    put: `for i = 2, #ARGV do
      redis.call("HSET", KEYS[1] .. ARGV[i], "state", "ready", "envelope", ARGV[1], "attempts", "0")
      redis.call("LPUSH", KEYS[2], ARGV[i])
    end`,
    take: `local ids = redis.call("RPOP", KEYS[2], ARGV[1])
    for _, id in ipairs(ids) do
      redis.call("HGETALL", KEYS[1] .. id)
      redis.call("HSET", KEYS[1] .. id, "state", "running")
      redis.call("ZADD", KEYS[3], 1, id)
    end`,
  },
  {
    name: "one hash of envelopes, ids in a list",
    put: `local fields = {}
    for i = 2, #ARGV do
      fields[#fields + 1] = ARGV[i]
      fields[#fields + 1] = ARGV[1]
    end
    redis.call("HSET", KEYS[1], unpack(fields))
    redis.call("LPUSH", KEYS[2], unpack(ARGV, 2))`,
    take: `local ids = redis.call("RPOP", KEYS[2], ARGV[1])
    redis.call("HMGET", KEYS[1], unpack(ids))
    local places = {}
    for _, id in ipairs(ids) do
      places[#places + 1] = 1
      places[#places + 1] = id
    end
    redis.call("ZADD", KEYS[3], unpack(places))`,
  },
  {
    name: "one hash of envelopes, ids in a sorted set",
    put: `local fields, places = {}, {}
    for i = 2, #ARGV do
      fields[#fields + 1] = ARGV[i]
      fields[#fields + 1] = ARGV[1]
      places[#places + 1] = i
      places[#places + 1] = ARGV[i]
    end
    redis.call("HSET", KEYS[1], unpack(fields))
    redis.call("ZADD", KEYS[2], unpack(places))`,
    take: `local ids = redis.call("ZRANGE", KEYS[2], 0, ARGV[1] - 1)
    redis.call("ZREM", KEYS[2], unpack(ids))
    redis.call("HMGET", KEYS[1], unpack(ids))
    local places = {}
    for _, id in ipairs(ids) do
      places[#places + 1] = 1
      places[#places + 1] = id
    end
    redis.call("ZADD", KEYS[3], unpack(places))`,
  },
];

async function cost(lab: Lab, { name, put, take }: Layout): Promise<object> {
  await lab.redis.flushall();
  const keys = ["{q}:task", "{q}:ready", "{q}:running"];
  const empty = await lab.bytes();
  const putting = await measure(lab.cpuUs, tasks, async () => {
    for (let i = 0; i < tasks; i += batch) {
      const ids = Array.from({ length: batch }, (_, j) => String(i + j).padStart(22, "0"));
      await lab.redis.eval(put, 3, ...keys, envelope, ...ids);
    }
  });
  const bytes = Math.round((await lab.bytes() - empty) / tasks);
  const taking = await measure(lab.cpuUs, tasks, async () => {
    for (let i = 0; i < tasks; i += batch) await lab.redis.eval(take, 3, ...keys, batch);
  });
  return { name, bytes, putUs: round(putting.redisUs), takeUs: round(taking.redisUs) };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

const lab = await openLab();
const found: object[] = [];
for (const layout of layouts) found.push(await cost(lab, layout));
await report(lab, "layout", { tasks, layouts: found });
await lab.stop();
