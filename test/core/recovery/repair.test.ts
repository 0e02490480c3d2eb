/**
 * Repairs of manual damage: the queue is sound again, and no payload is lost.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { type Lab, withRelier } from "../../support/relier.ts";

const envelope = '{"v":1,"name":"by-hand","payload":[]}';

/** A way to break one task, by its name in a sentence, and the result of a repair. */
interface Break {
  readonly what: string;
  /** Breaks a task; resolves to its local id. */
  readonly with: (lab: Lab) => Promise<string>;
  /** The state after the repair; `""` if the task is gone. */
  readonly state: string;
  readonly reason?: string;
}

const ready = ({ moves }: Lab): Promise<string> => moves.push();
const scheduled = ({ moves }: Lab): Promise<string> => moves.push({ delayMs: 60_000 });
async function running({ moves }: Lab): Promise<string> {
  await moves.push();
  return (await moves.claim()).id;
}
async function ended({ moves }: Lab, event: "complete" | "bury"): Promise<string> {
  await moves.push();
  const claim = await moves.claim();
  await moves.settle(claim, event, { text: event === "complete" ? '"ok"' : "attempts" });
  return claim.id;
}

const breaks: readonly Break[] = [
  {
    what: "a waiting task that lost its record and its payload is dropped",
    async with(lab) {
      const id = await scheduled(lab);
      await lab.redis.hdel(lab.key("task"), id);
      await lab.redis.hdel(lab.key("record"), id);
      return id;
    },
    state: "",
  },
  {
    what: "a waiting task that lost its payload is dropped",
    async with(lab) {
      const id = await scheduled(lab);
      await lab.redis.hdel(lab.key("task"), id);
      return id;
    },
    state: "",
  },
  {
    what: "a waiting task that lost its record is dead, with its payload",
    async with(lab) {
      const id = await scheduled(lab);
      await lab.redis.hdel(lab.key("record"), id);
      return id;
    },
    state: "dead",
    reason: "repaired",
  },
  {
    what: "a scheduled task that lost its place is dead, with its payload",
    async with(lab) {
      const id = await scheduled(lab);
      await lab.redis.zrem(lab.key("scheduled"), id);
      return id;
    },
    state: "dead",
    reason: "repaired",
  },
  {
    what: "a ready task of which only the payload is left is dead, with it",
    async with(lab) {
      const id = await ready(lab);
      await lab.redis.zrem(lab.key("ready"), id);
      return id;
    },
    state: "dead",
    reason: "repaired",
  },
  {
    what: "a task of which only a step is left is dropped",
    async with(lab) {
      const id = await running(lab);
      await lab.redis.hset(lab.key("steps"), id, "\x90");
      await lab.redis.zrem(lab.key("running"), id);
      await lab.redis.zrem(lab.key("holds"), `w1~${id}`);
      for (const hash of ["task", "record"] as const) await lab.redis.hdel(lab.key(hash), id);
      return id;
    },
    state: "",
  },
  {
    what: "a task in two states stays where its record says",
    async with(lab) {
      const id = await scheduled(lab);
      await lab.redis.zadd(lab.key("dead"), 1, id);
      return id;
    },
    state: "scheduled",
  },
  {
    what: "a task in another state than its record says is dead, with its payload",
    async with(lab) {
      const id = await scheduled(lab);
      await lab.redis.zrem(lab.key("scheduled"), id);
      await lab.redis.zadd(lab.key("ready"), 1, id);
      return id;
    },
    state: "dead",
    reason: "repaired",
  },
  {
    what: "a running task that lost its lease gets one again",
    async with(lab) {
      const id = await running(lab);
      await lab.redis.zrem(lab.key("running"), id);
      return id;
    },
    state: "running",
  },
  {
    what: "a running task without a holder is held again",
    async with(lab) {
      const id = await running(lab);
      await lab.redis.zrem(lab.key("holds"), `w1~${id}`);
      return id;
    },
    state: "running",
  },
  {
    what: "a running task that lost its record is dead, with its payload, and has no holder",
    async with(lab) {
      const id = await running(lab);
      await lab.redis.hdel(lab.key("record"), id);
      return id;
    },
    state: "dead",
    reason: "repaired",
  },
  {
    what: "a completed task that lost its place is kept, with its result",
    async with(lab) {
      const id = await ended(lab, "complete");
      await lab.redis.zrem(lab.key("completed"), id);
      return id;
    },
    state: "completed",
  },
  {
    what: "a completed task drops the payload it has kept",
    async with(lab) {
      const id = await ended(lab, "complete");
      await lab.redis.hset(lab.key("task"), id, envelope);
      await lab.redis.hset(lab.key("partial"), id, "1");
      return id;
    },
    state: "completed",
  },
  {
    what: "a dead task that lost its place is dead again, for the reason it had",
    async with(lab) {
      const id = await ended(lab, "bury");
      await lab.redis.zrem(lab.key("dead"), id);
      return id;
    },
    state: "dead",
    reason: "attempts",
  },
  {
    what: "a lock that lost its lease gets one again",
    async with(lab) {
      const id = randomLocal();
      await lab.moves.lock(id, id);
      await lab.redis.zrem(lab.key("running"), id);
      return id;
    },
    state: "running",
  },
];

for (const { what, state, reason, ...way } of breaks) {
  test(
    what,
    withRelier(async (lab) => {
      const sound = await scheduled(lab);
      const id = await way.with(lab);
      const payload = await lab.redis.hget(lab.key("task"), id);
      const before = await lab.dump();
      assert.notDeepEqual(await lab.queue.audit(), [], "the audit sees it");

      const plan = await lab.queue.repair({ dryRun: true });
      assert.deepEqual(await lab.dump(), before, "a plan changes nothing");
      const done = await lab.queue.repair();
      assert.deepEqual(done.filter((deed) => deed.startsWith(id)), plan);
      assert.deepEqual(await lab.queue.audit(), []);

      const facts = await lab.moves.facts(id);
      assert.equal(facts.state, state);
      if (reason !== undefined) assert.equal(facts.reason, reason);
      if (state !== "" && state !== "completed" && payload !== null) {
        assert.equal((await lab.queue.inspect(idOf(lab.partition, id))).envelope, payload);
      }
      assert.equal((await lab.moves.facts(sound)).state, "scheduled");
      assert.deepEqual(await lab.queue.repair(), [], "there is nothing left to do");
    }),
  );
}

test(
  "a dead task that was repaired can be released, and runs",
  withRelier(async (lab) => {
    const id = await scheduled(lab);
    await lab.redis.hdel(lab.key("record"), id);
    await lab.queue.repair();
    assert.deepEqual(await lab.queue.release([idOf(lab.partition, id)]), []);
    assert.equal((await lab.moves.claim()).id, id);
  }),
);

test(
  "a restored lease is kept by a worker that beats, and ends without one",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    await moves.push();
    const claim = await moves.claim();
    await redis.zrem(key("running"), claim.id);
    await lab.queue.repair();
    assert.deepEqual((await moves.beat("w1", [claim])).lost, []);
    await moves.age("running", claim.id, -1);
    assert.deepEqual(await moves.sweep(1000), { [claim.id]: "stalled" });
    assert.equal((await moves.facts(claim.id)).state, "scheduled");
  }),
);

test(
  "a running task without its payload is left to the worker that has it in memory",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    await moves.push();
    const claim = await moves.claim();
    await redis.hdel(key("task"), claim.id);
    assert.deepEqual(await lab.queue.repair(), []);
    assert.equal(await moves.settle(claim, "complete"), true);
  }),
);

test(
  "another worker's hold on a running task is dropped, and the task runs on",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    await moves.push();
    const claim = await moves.claim();
    await redis.zadd(key("holds"), 0, `w2~${claim.id}`);
    assert.match((await lab.queue.audit()).join(), /holds: w2~\S+ is a hold of nothing/);
    assert.deepEqual(await lab.queue.repair(), [`${claim.id} is no longer held by w2`]);
    assert.deepEqual(await moves.crash("w2"), {});
    assert.equal(await moves.settle(claim, "complete"), true);
  }),
);

test(
  "the count of a tenant is corrected: every unfinished task of its own, and no other",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    const forgotten = await moves.push({ tenant: "acme", delayMs: 60_000 });
    const lost = await moves.push({ tenant: "acme", delayMs: 60_000 });
    await moves.push({ delayMs: 60_000 });
    await redis.zrem(key("tenants"), `acme\x01${forgotten}`);
    await redis.hdel(key("record"), lost);
    await redis.zadd(key("tenants"), 0, `umbrella\x01${forgotten}`);
    assert.equal((await lab.queue.audit()).length > 0, true);
    await lab.queue.repair();
    assert.deepEqual(await redis.zrange(key("tenants"), 0, "-1"), [`acme\x01${forgotten}`]);
    assert.deepEqual(await lab.queue.audit(), []);
  }),
);

test(
  "a running task that no worker can settle is brought back",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    await moves.push();
    const { id } = await moves.claim();
    const strip = `local record = cmsgpack.unpack(redis.call("HGET", KEYS[1], ARGV[1]))
      record.nonce = nil
      redis.call("HSET", KEYS[1], ARGV[1], cmsgpack.pack(record))`;
    await redis.eval(strip, 1, key("record"), id);
    assert.match((await lab.queue.audit()).join(), /runs without a nonce/);
    await lab.queue.repair();
    assert.equal((await moves.facts(id)).state, "scheduled");
  }),
);

test(
  "a fence that fell behind is raised above every fence in use",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    await moves.push();
    const { fence } = await moves.claim();
    await redis.hset(key("meta"), "fence", "1");
    await lab.queue.repair();
    assert.equal(await redis.hget(key("meta"), "fence"), String(fence));
  }),
);

test(
  "tasks that are gone without a trace are counted as such",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    for (let i = 0; i < 3; i++) {
      const id = await moves.push();
      if (i === 0) continue;
      await redis.zrem(key("ready"), id);
      await redis.hdel(key("task"), id);
    }
    assert.deepEqual(await lab.queue.repair({ dryRun: true }), [
      "totals: 2 tasks are gone without a trace, and counted as that",
    ]);
    await lab.queue.repair();
    assert.deepEqual(await lab.queue.audit(), []);
    assert.equal((await lab.queue.stats()).events["orphan"], 2);
  }),
);

test(
  "many broken tasks are repaired in batches",
  withRelier(async (lab) => {
    for (let i = 0; i < 450; i++) await lab.moves.push({ delayMs: 60_000 });
    await lab.redis.del(lab.key("record"));
    assert.equal((await lab.queue.repair()).length, 2 * 450);
    assert.deepEqual(await lab.queue.audit(), []);
    assert.equal((await lab.queue.stats()).counts.dead, 450);
  }),
);

test(
  "a repair of a sound queue writes nothing",
  withRelier(async (lab) => {
    await running(lab);
    await ended(lab, "complete");
    const before = await lab.dump();
    assert.deepEqual(await lab.queue.repair(), []);
    assert.deepEqual(await lab.dump(), before);
  }),
);
