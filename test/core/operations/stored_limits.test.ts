/**
 * Limits that are stored with a queue. They bind every producer, whatever its own
 * options are, and count a tenant correctly whatever happens to its tasks.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type AdmissionReason, AdmissionRejectedError, rlTask } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const work = rlTask("limited", (n: number) => n);
const keyed = rlTask("limited-keyed", { idempotent: true }, (n: number) => n);

/** Asserts that a push is refused for `reason`. */
async function refused(push: Promise<unknown>, reason: AdmissionReason): Promise<void> {
  await assert.rejects(push, (error) => {
    assert.ok(error instanceof AdmissionRejectedError, String(error));
    assert.equal(error.reason, reason);
    return true;
  });
}

/** Makes a ready task look as if it had waited `ms` longer. */
async function age({ redis, key }: Lab, local: string, ms: number): Promise<void> {
  await redis.zincrby(key("ready"), -ms * 64, local);
}

test(
  "stored limits bind every producer, are shown, and go one by one",
  withRelier(async ({ client, queue }) => {
    const rate = { limit: 100, per: "1m", burst: 7, by: "tenant" } as const;
    await queue.limit({ maxDepth: 1, maxAge: "5m", rate, maxPerTenant: 9, concurrency: 4 });
    const stored = { maxDepth: 1, maxAge: 300_000, maxPerTenant: 9, concurrency: 4 };
    const { limits } = await queue.stats();
    assert.deepEqual(limits, { ...stored, rate: { ...rate, per: 60_000 } });

    await client().apush(work, 1);
    await refused(client().apush(work, 2), "depth");
    await queue.limit({ maxDepth: null, rate: null, concurrency: null });
    assert.deepEqual((await queue.stats()).limits, { maxAge: 300_000, maxPerTenant: 9 });
    await client().apush(work, 2);
    await queue.limit({ maxAge: null, maxPerTenant: null });
    assert.deepEqual((await queue.stats()).limits, {});
  }),
);

test(
  "of a producer's own limits and the stored ones the stricter bind",
  withRelier(async ({ client, queue }) => {
    const strict = client({ admission: { default: { maxDepth: 2 } } });
    const lax = client({ admission: { default: { maxDepth: 9 } } });
    await queue.limit({ maxDepth: 3 });
    await strict.apush(work, 1);
    await strict.apush(work, 2);
    await refused(strict.apush(work, 3), "depth");
    await lax.apush(work, 3);
    await refused(lax.apush(work, 4), "depth");
  }),
);

test(
  "a worker that prefetches holds no task of a queue with a limit, so that all of it runs",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    await queue.limit({ concurrency: 4 });
    for (let i = 0; i < 5; i++) await moves.push();
    const { tasks } = await moves.turn({ slots: 1, spare: 10 });
    assert.equal(tasks.length, 1);
    assert.equal((await moves.turn({ worker: "w2", slots: 10, spare: 10 })).tasks.length, 3);
  }),
);

test(
  "a queue whose oldest task has waited too long takes nothing new until it is claimed",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxAge: "1m" });
    const id = await lab.moves.push();
    await age(lab, id, 50_000);
    await lab.rl.apush(work, 1);
    await age(lab, id, 11_000);
    await refused(lab.rl.apush(work, 2), "age");
    await lab.moves.claim();
    await lab.rl.apush(work, 3);
  }),
);

test(
  "an old task is seen behind younger ones of a higher priority",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxAge: "1m" });
    const old = await lab.moves.push({ priority: 0 });
    for (const priority of [100, 50, 1]) await lab.moves.push({ priority });
    await age(lab, old, 70_000);
    await refused(lab.rl.apush(work, 1), "age");
  }),
);

test(
  "a delayed task is as old as its turn, not as its push",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxAge: "1s" });
    const id = await lab.moves.push({ delayMs: 1_200 });
    await until("it is due", async () => {
      await lab.moves.sweep();
      return (await lab.moves.facts(id)).state === "ready";
    });
    await lab.rl.apush(work, 1);
  }),
);

test(
  "a tenant at its limit is refused, others and tasks without one are not",
  withRelier(async ({ queue, rl }) => {
    await queue.limit({ maxPerTenant: 2 });
    // Names that would collide if they were compared by their prefix.
    for (const tenant of ["a~b", "ab", "a b", "日本", "a"]) {
      await work.with({ tenant }).apush(1);
      await work.with({ tenant }).apush(2);
      await refused(work.with({ tenant }).apush(3), "tenant");
      await rl.apush(work, 3);
    }
    assert.equal((await queue.stats()).events["refused:tenant"], 5);
    const flood = Array.from({ length: 9 }, (_, i) => [i] as [number]);
    await refused(rl.apushMany(work, flood, { tenant: "many" }), "tenant");
    assert.equal((await queue.stats()).events["refused:tenant"], 5 + 7);
  }),
);

test(
  "a tenant's task counts until it is final, in every state",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    await queue.limit({ maxPerTenant: 1 });
    const free = async (): Promise<void> => {
      const id = await moves.push({ tenant: "acme" });
      assert.equal((await moves.facts(id)).state, "ready");
      assert.equal(await moves.cancel(id), "cancelled");
    };
    const taken = () => refused(work.with({ tenant: "acme" }).apush(1), "tenant");

    const id = await moves.push({ tenant: "acme" });
    await taken();
    for (const event of ["retry", "defer", "handoff"] as const) {
      await moves.settle(await moves.claim(), event);
      await taken();
      await queue.promote((await queue.page("scheduled")).tasks.map((each) => each.id));
    }
    for (const state of ["scheduled", "quarantined"] as const) {
      await moves.claim();
      await moves.crash("w1");
      await taken();
      await moves.age(state, id, -1);
      await moves.sweep();
    }
    const suspect = await moves.claim();
    await moves.settle(suspect, "bury");
    await free();
    await moves.release([id]);
    await taken();
    await moves.settle(await moves.claim(), "bury");
    await moves.discard([id]);
    await free();
    await moves.push({ tenant: "acme", id });
    await moves.settle(await moves.claim(), "complete");
    await free();
    assert.equal(await lab.redis.exists(lab.key("tenants")), 0);
  }),
);

test(
  "a task that was cancelled and is pushed again counts for its new tenant",
  withRelier(async ({ moves, redis, key }) => {
    const id = await moves.push({ tenant: "old" });
    await moves.cancel(id);
    await moves.push({ id, tenant: "new" });
    assert.deepEqual(await redis.zrange(key("tenants"), 0, "-1"), [`new\u0001${id}`]);
  }),
);

test(
  "the audit notices an uncounted task, and one that is counted too often",
  withRelier(async (lab) => {
    const id = await lab.moves.push({ tenant: "acme" });
    await lab.redis.zrem(lab.key("tenants"), `acme\u0001${id}`);
    assert.match((await lab.queue.audit()).join("\n"), new RegExp(id));
    await lab.moves.cancel(id);
    assert.deepEqual(await lab.queue.audit(), []);
    await lab.redis.zadd(lab.key("tenants"), "0", `acme\u0001${id}`);
    assert.match((await lab.queue.audit()).join("\n"), new RegExp(id));
    await lab.redis.del(lab.key("tenants"));
  }),
);

test(
  "a closed queue takes nothing, reports that, and still lists its tasks",
  withRelier(async ({ queue, rl }) => {
    const first = await rl.apush(keyed, 1);
    await queue.pause("pushes", "we are moving");
    await assert.rejects(rl.apush(keyed, 2), { reason: "closed", retryAfter: 1 });
    assert.equal((await rl.apush(keyed, 1)).id, first.id);
    await queue.resume();
    await rl.apush(keyed, 2);
    assert.equal((await queue.stats()).events["refused:closed"], 1);
  }),
);

test(
  "a queue can be closed before anything was pushed to it",
  withRelier(async ({ queue, rl }) => {
    await queue.pause("pushes", "not yet");
    await refused(rl.apush(work, 1), "closed");
    assert.deepEqual((await queue.stats()).events["created"], undefined);
  }),
);

test(
  "a refusal names the first limit: closed, depth, age, tenant, rate",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    const push = work.with({ tenant: "acme" });
    await moves.push({ tenant: "acme" });
    await age(lab, await moves.push(), 70_000);
    await queue.limit({
      rate: { limit: 1, per: "1h" },
      maxPerTenant: 1,
      maxAge: "1m",
      maxDepth: 1,
    });
    await queue.pause("pushes", "moving");
    await refused(push.apush(1), "closed");
    await queue.resume();
    await refused(push.apush(1), "depth");
    await queue.limit({ maxDepth: null });
    await refused(push.apush(1), "age");
    await queue.limit({ maxAge: null });
    await refused(push.apush(1), "tenant");
    await lab.rl.apush(work, 1);
    await queue.limit({ maxPerTenant: null });
    await refused(push.apush(1), "rate");
  }),
);

test(
  "an invalid limit is refused by name, and nothing is stored",
  withRelier(async (lab) => {
    const bad: [unknown, RegExp][] = [
      [{ maxDepth: 0 }, /"maxDepth".*an integer from 1/],
      [{ maxDepth: "5" }, /"maxDepth"/],
      [{ maxDepth: undefined }, /"maxDepth"/],
      [{ maxAge: "soon" }, /"maxAge"/],
      [{ maxAge: 0 }, /"maxAge"/],
      [{ maxPerTenant: 1.5 }, /"maxPerTenant"/],
      [{ concurrency: -1 }, /"concurrency"/],
      [{ rate: 5 }, /rate/],
      [{ rate: { per: "1s" } }, /"rate.limit"/],
      [{ rate: { limit: 1 } }, /"rate.per"/],
      [{ rate: { limit: 1, per: "1s", burst: 0 } }, /"rate.burst"/],
      [{ rate: { limit: 1, per: "1s", by: "user" } }, /"rate.by".*"queue", "tenant"/],
      [{ rate: { limit: 2_000, per: 1 } }, /at most 1,000 tasks in a millisecond/],
      [{ depth: 5 }, /did you mean|allowed are/],
      [null, /must be an object/],
    ];
    const before = await lab.dump();
    for (const [limits, says] of bad) {
      await assert.rejects(lab.queue.limit(limits as never), says);
    }
    assert.deepEqual(await lab.dump(), before);
    assert.throws(
      () => lab.client({ admission: { default: { concurrency: 1 } as never } }),
      /concurrency/,
    );
    for (const tenant of ["", " ", "a\u0001b", "x".repeat(129), 5]) {
      assert.throws(() => work.with({ tenant: tenant as string }), /"tenant".*1 to 128/);
    }
  }),
);
