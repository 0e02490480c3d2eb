/**
 * Rates of admission: pushes are never faster than the rate. A caller that waits for
 * the announced time is admitted.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AdmissionRejectedError, rlTask } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const work = rlTask("rated", (n: number) => n);
const keyed = rlTask("rated-keyed", { idempotent: true }, (n: number) => n);

/** The refusal of a push, or undefined if it was admitted. */
async function refusal(push: Promise<unknown>): Promise<AdmissionRejectedError | undefined> {
  try {
    await push;
    return undefined;
  } catch (error) {
    assert.ok(error instanceof AdmissionRejectedError && error.reason === "rate", String(error));
    return error;
  }
}

/** Waits by the clock of Redis, which truncates milliseconds: `ms` have surely passed one later. */
async function pass({ moves }: Lab, ms: number): Promise<void> {
  const start = await moves.now();
  await until(`${ms} ms are over`, async () => await moves.now() > start + ms);
}

test(
  "of a flood the burst is admitted, and callers that wait as announced follow it",
  withRelier(async (lab) => {
    // The slots are half a second apart, because other load may delay a push for long.
    await lab.queue.limit({ rate: { limit: 10, per: "5s" } });
    const all = await Promise.all(
      Array.from({ length: 50 }, (_, i) => refusal(lab.rl.apush(work, i))),
    );
    const late = all.filter((each) => each !== undefined);
    assert.equal(late.length, 40);
    // Each time is unique, so that a caller who waits does not meet a crowd.
    for (const [i, { retryAfterMs }] of late.entries()) {
      assert.ok(Math.abs(retryAfterMs - 500 * (i + 1)) <= 1, `${i}: ${retryAfterMs}`);
    }
    await pass(lab, late[0]!.retryAfterMs);
    assert.equal(await refusal(lab.rl.apush(work, 50)), undefined);
    assert.equal((await refusal(lab.rl.apush(work, 51)))!.retryAfter, 1);
  }),
);

test(
  "the announced wait is exact to the millisecond",
  withRelier(async ({ queue, rl, moves, redis, key }) => {
    await queue.limit({ rate: { limit: 3, per: "10s", burst: 2 } });
    await rl.apush(work, 1);
    await rl.apush(work, 2);
    const free = (Number(await redis.zscore(key("rate"), "queue")) - 10_000_000 / 3) / 1000;
    const before = await moves.now();
    const { retryAfterMs } = (await refusal(rl.apush(work, 3)))!;
    const after = await moves.now() + 1;
    assert.ok(
      retryAfterMs >= Math.floor(free - after) && retryAfterMs <= Math.ceil(free - before),
      `${free - after} <= ${retryAfterMs} <= ${free - before}`,
    );
  }),
);

/** A small generator with a seed, so that a failing case can run again (Mulberry32). */
function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The earliest and the latest time of an admission, by the clock of Redis. */
interface Moment {
  readonly after: number;
  readonly before: number;
}

/** Pushes at the maximum rate, and waits as announced; resolves to the time of each admission. */
async function pushAtRate(lab: Lab, queue: string, many: number): Promise<Moment[]> {
  const moments: Moment[] = [];
  let announcedMs = 0;
  while (moments.length < many) {
    const after = await lab.moves.now();
    const late = await refusal(work.with({ queue }).apush(moments.length));
    if (!late) {
      moments.push({ after, before: await lab.moves.now() + 1 });
      announcedMs = 0;
      continue;
    }
    assert.equal(
      announcedMs,
      0,
      `${queue}: waited ${announcedMs} ms as announced, and has to wait ${late.retryAfterMs}`,
    );
    announcedMs = late.retryAfterMs;
    await pass(lab, announcedMs);
  }
  return moments;
}

test(
  "at every rate no push comes faster, and no caller waits twice",
  withRelier(async (lab) => {
    const seed = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));
    const next = random(seed);
    const between = (min: number, max: number): number => min + Math.floor(next() * (max - min));
    await Promise.all(Array.from({ length: 25 }, async (_, i) => {
      const queue = `rated-${i}`;
      const limit = between(1, 40);
      const per = limit * between(3, 60);
      const burst = between(1, 12);
      await lab.rl.queue(queue).limit({ rate: { limit, per, burst } });
      const moments = await pushAtRate(lab, queue, burst + between(2, 12));
      for (const [from, { after }] of moments.entries()) {
        for (const [n, { before }] of moments.slice(from).entries()) {
          const most = burst + (before - after) * limit / per;
          const what = `seed ${seed}: ${limit} in ${per} ms, burst ${burst}`;
          assert.ok(n + 1 <= most, `${what}: ${n + 1} in ${before - after} ms`);
        }
      }
    }));
  }),
);

test(
  "a duplicate is admitted at any rate, and costs none of it",
  withRelier(async ({ queue, rl }) => {
    await queue.limit({ rate: { limit: 2, per: "1h" } });
    await rl.apush(keyed, 1);
    for (let i = 0; i < 5; i++) assert.equal((await rl.apush(keyed, 1)).outcome, "joined");
    await rl.apush(keyed, 2);
    assert.ok(await refusal(rl.apush(keyed, 3)));
    assert.equal((await rl.apush(keyed, 2)).outcome, "joined");
  }),
);

test(
  "each tenant has a rate of its own, and tasks without one have none",
  withRelier(async ({ queue, rl }) => {
    await queue.limit({ rate: { limit: 2, per: "1h", by: "tenant" } });
    for (const tenant of ["a", "b", "queue"]) {
      await work.with({ tenant }).apush(1);
      await work.with({ tenant }).apush(2);
      assert.ok(await refusal(work.with({ tenant }).apush(3)), tenant);
    }
    for (let i = 0; i < 5; i++) await rl.apush(work, i);
  }),
);

test(
  "of two rates the stricter binds, and one by tenant beside one of the queue",
  withRelier(async ({ client, queue }) => {
    const own = { limit: 100, per: "1h", burst: 2 } as const;
    const rl = client({ admission: { default: { rate: own } }, tasks: [work] });
    await queue.limit({ rate: { limit: 1000, per: "1h", burst: 9 } });
    await rl.apush(work, 1);
    await rl.apush(work, 2);
    const late = await refusal(rl.apush(work, 3));
    assert.ok(late!.retryAfterMs > 30_000, "as slow as its own");
    await queue.limit({ rate: { limit: 1, per: "1h", by: "tenant" } });
    await work.with({ tenant: "a" }).apush(1);
    assert.ok(await refusal(work.with({ tenant: "a" }).apush(2)));
    await work.with({ tenant: "b" }).apush(1);
    assert.ok(await refusal(work.with({ tenant: "c" }).apush(1)), "the queue's own is used up");
  }),
);

test(
  "a rate that is raised holds at once, and so does one after a clock was set back",
  withRelier(async ({ queue, rl, redis, key, moves }) => {
    await queue.limit({ rate: { limit: 1, per: "30d" } });
    await rl.apush(work, 1);
    assert.ok((await refusal(rl.apush(work, 2)))!.retryAfterMs > 2_000_000_000);
    await queue.limit({ rate: { limit: 1, per: "1h" } });
    await rl.apush(work, 2);
    await redis.zadd(key("rate"), (await moves.now() + 9_000_000_000) * 1000, "queue");
    await rl.apush(work, 3);
    assert.ok((await refusal(rl.apush(work, 4)))!.retryAfterMs <= 3_600_000);
  }),
);

test(
  "the data of a rate are forgotten when its bucket is full again",
  withRelier(async (lab) => {
    const { queue, redis, key } = lab;
    await queue.limit({ rate: { limit: 1000, per: "1s", by: "tenant" } });
    const push = (from: number): Promise<unknown> =>
      Promise.all(
        Array.from({ length: 150 }, (_, i) => work.with({ tenant: `t${from + i}` }).apush(i)),
      );
    await push(0);
    await push(150);
    await pass(lab, 20);
    await push(300);
    assert.ok(await redis.zcard(key("rate")) <= 300, "a push forgets more than it adds");
    await pass(lab, 20);
    await lab.moves.sweep();
    await lab.moves.sweep();
    assert.equal(await redis.exists(key("rate")), 0, "and a sweep forgets the rest");
  }),
);
