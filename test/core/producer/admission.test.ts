/**
 * Limits of admission, and the detection of data loss. A full queue reports its excess,
 * and a flushed one does not pass for a new one.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { AdmissionRejectedError, RelierError, rlTask } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const work = rlTask("admitted", (n: number) => n);
const keyed = rlTask("admitted-keyed", { idempotent: true }, (n: number) => n);
const admission = { default: { maxDepth: 20 } };

test(
  "a queue takes exactly as many as its limit, of two hundred pushed at once",
  withRelier(async ({ client, queue }) => {
    const clients = [client({ admission }), client({ admission }), client({ admission })];
    const results = await Promise.allSettled(
      Array.from({ length: 200 }, (_, i) => clients[i % 3]!.apush(work, i)),
    );
    const accepted = results.filter(({ status }) => status === "fulfilled").length;
    assert.equal(accepted, 20);
    const { counts } = await queue.stats();
    assert.deepEqual([counts.ready, counts.scheduled], [20, 0]);
    for (const result of results) {
      if (result.status === "fulfilled") continue;
      const error = result.reason as AdmissionRejectedError;
      assert.ok(error instanceof AdmissionRejectedError && RelierError.is(error, "RL_ADMISSION"));
      assert.deepEqual([error.queue, error.reason, error.retryable], ["default", "depth", true]);
      assert.equal(error.retryAfterMs, 1000);
      assert.ok(Number.isInteger(error.retryAfter) && error.retryAfter >= 1);
      assert.match(error.hint!, /try again after \d+ s/);
    }
  }),
);

test(
  "a refused push changes nothing but its counter",
  withRelier(async (lab) => {
    const rl = lab.client({ admission: { default: { maxDepth: 1 } } });
    await rl.apush(work, 1);
    const before = await lab.dump();
    await assert.rejects(rl.apush(work, 2), AdmissionRejectedError);
    assert.equal((await lab.queue.stats()).events["refused:depth"], 1);
    await lab.redis.hdel(lab.key("meta"), "n:refused:depth");
    assert.deepEqual(await lab.dump(), before);
  }),
);

test(
  "of many pushed together as many are taken as fit, and the others are counted",
  withRelier(async ({ client, queue }) => {
    const own = rlTask("admitted-many", (n: number) => n);
    client({ admission: { default: { maxDepth: 3 } }, tasks: [own] });
    await assert.rejects(own.apushMany(Array.from({ length: 10 }, (_, i) => [i])), {
      reason: "depth",
    });
    const { counts, events } = await queue.stats();
    assert.deepEqual([counts.ready, events["refused:depth"]], [3, 7]);
  }),
);

test(
  "delayed tasks count, running and final ones do not",
  withRelier(async (lab) => {
    const own = rlTask("admitted-own", () => 1);
    lab.client({ admission: { default: { maxDepth: 2 } }, tasks: [own] });
    await own.with({ delay: "1h" }).apush();
    await own.apush();
    await assert.rejects(own.apush(), AdmissionRejectedError);
    await lab.moves.claim();
    await own.apush();
    await assert.rejects(own.apush(), AdmissionRejectedError);
  }),
);

test(
  "a duplicate of an accepted task is admitted by a full queue",
  withRelier(async ({ client }) => {
    const rl = client({ admission: { default: { maxDepth: 1 } } });
    const first = await rl.apush(keyed, 1);
    const again = await rl.apush(keyed, 1);
    assert.deepEqual([again.id, again.outcome], [first.id, "joined"]);
    await assert.rejects(rl.apush(keyed, 2), AdmissionRejectedError);
  }),
);

test(
  "a queue without a limit is not bound by that of another",
  withRelier(async ({ client }) => {
    const free = rlTask("admitted-free", { queue: "free" }, (n: number) => n);
    const rl = client({ admission: { default: { maxDepth: 1 } } });
    await Promise.all(Array.from({ length: 50 }, (_, i) => rl.apush(free, i)));
  }),
);

test(
  "a refused push in the background is reported to onPushError",
  withRelier(async ({ client, pushErrors }) => {
    const rl = client({ admission: { default: { maxDepth: 1 } } });
    const [first, second] = [rl.push(work, 1), rl.push(work, 2)];
    await rl.flush();
    await until("it was reported", () => pushErrors.length === 1);
    assert.ok(pushErrors[0] instanceof AdmissionRejectedError);
    assert.deepEqual([first.acked, second.acked], [true, false]);
  }),
);

test(
  "an invalid depth is refused",
  withRelier(async ({ client }) => {
    for (const maxDepth of [0, -1, 1.5, NaN, "10", undefined]) {
      assert.throws(
        () => client({ admission: { default: { maxDepth: maxDepth as number } } }),
        /admission\.maxDepth/,
      );
    }
    assert.throws(() => client({ admission: { "a b": { maxDepth: 1 } } }), RangeError);
    assert.throws(() => client({ admission: { default: { depth: 1 } as never } }), /maxDepth/);
    await Promise.resolve();
  }),
);

test(
  "a Redis that was flushed is noticed once, by the next call",
  withRelier(async ({ losses, redis, prefix }) => {
    await work.apush(1);
    await work.apush(2);
    const keys = await redis.keys(`${prefix}:*`);
    await redis.del(...keys);
    const handle = await work.apush(3);
    assert.equal(losses.length, 1);
    assert.ok(RelierError.is(losses[0], "RL_DATA_LOSS"));
    assert.match(losses[0]!.message, /queue "default"/);
    await handle.status();
    await work.apush(4);
    assert.equal(losses.length, 1, "and not again");
  }),
);

test(
  "a Redis that was flushed is noticed by a client that only reads",
  withRelier(async ({ losses, redis, prefix }) => {
    const handle = await work.apush(1);
    await redis.del(...await redis.keys(`${prefix}:*`));
    await assert.rejects(handle.status(), { code: "RL_NOT_FOUND" });
    assert.equal(losses.length, 1);
  }),
);

test(
  "a Redis that was rolled back is noticed",
  withRelier(async ({ losses, redis, key }) => {
    await work.apush(1);
    await work.apush(2);
    const seq = Number(await redis.hget(key("meta"), "seq"));
    await redis.hset(key("meta"), "seq", String(seq - 2));
    await work.apush(3);
    assert.equal(losses.length, 1);
    assert.match(losses[0]!.message, /sequence fell/);
  }),
);

test(
  "replies that overtake each other are no loss",
  withRelier(async ({ losses, rl }) => {
    await work.apush(0);
    await Promise.all(Array.from({ length: 100 }, async (_, i) => {
      const handle = await rl.apush(work, i);
      await handle.status();
      await handle.cancel();
    }));
    assert.deepEqual(losses, []);
  }),
);
