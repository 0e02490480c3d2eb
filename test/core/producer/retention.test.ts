/**
 * The ends of results and keys: a push under a key is answered with a result that can be read,
 * or creates a task; a caller that waits gets the result.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { localOf } from "../../../core/protocol/keys.ts";
import { idempotencyLock, rlTask } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

test(
  "a key whose time has ended is free, whether a sweep has come or not",
  withRelier(async ({ worker, moves, partition }) => {
    let runs = 0;
    const hourly = rlTask(
      "hourly",
      { idempotent: true, idempotencyTtl: "1s", resultTtl: "1s" },
      () => ++runs,
    );
    const w = await worker();
    const first = await hourly.apush();
    await first.result();
    await w.drain();
    await moves.age("completed", localOf(first.id, partition), 0);
    const second = await hourly.apush();
    assert.equal(second.outcome, "created");
    await worker();
    assert.equal(await second.result(), 2);
  }),
);

test(
  "a key ends after idempotencyTtl, however long its result is kept",
  withRelier(async ({ worker }) => {
    let runs = 0;
    const brief = rlTask("brief-key", { idempotent: true, idempotencyTtl: 300 }, () => ++runs);
    await worker();
    const first = await brief.apush();
    assert.equal(await first.result(), 1);
    assert.equal((await brief.apush()).outcome, "replayed");
    await until("the key is free", async () => (await brief.apush()).outcome === "created");
    await until("it ran again", () => runs === 2);
  }),
);

test(
  "a push that is answered with a result at the last moment can read it afterwards",
  withRelier(async ({ worker, moves, partition, queue }) => {
    const keyed = rlTask("last-moment", { idempotent: true }, () => "kept");
    await worker();
    const first = await keyed.apush();
    await first.result();
    const local = localOf(first.id, partition);
    await moves.age("completed", local, 1000);
    const replayed = await keyed.apush();
    assert.equal(replayed.outcome, "replayed");
    const { purgeAt, facts } = await queue.inspect(first.id);
    assert.ok(purgeAt!.getTime() > await moves.now() + 20_000, "time to read it");
    assert.ok(
      Number(facts["keyUntil"]) <= await moves.now() + 1000,
      "its key ends when it would have",
    );
    assert.equal(await replayed.result(), "kept");
    await until("the key is free", async () => (await keyed.apush()).outcome === "created");
  }),
);

test(
  "neither a status nor a result is answered once its retention has ended",
  withRelier(async ({ worker, moves, partition }) => {
    const job = rlTask("ended", () => "done");
    const w = await worker();
    const completed = await job.apush();
    await completed.result();
    await w.drain();
    const cancelled = await job.apush();
    await cancelled.cancel();
    for (const [state, handle] of [["completed", completed], ["cancelled", cancelled]] as const) {
      await moves.age(state, localOf(handle.id, partition), 0);
      await assert.rejects(handle.status(), { code: "RL_NOT_FOUND" });
      await assert.rejects(handle.result(), { code: "RL_NOT_FOUND" });
    }
  }),
);

for (const resultTtl of [0, 1, 10]) {
  test(
    `a caller gets its result however short it is kept: ${resultTtl} ms`,
    withRelier(async ({ worker, client }) => {
      const brief = rlTask(`brief-${resultTtl}`, { resultTtl, replace: true }, (n: number) => n);
      await worker({ concurrency: 20 });
      await worker({ concurrency: 20 }, client());
      for (let round = 0; round < 5; round++) {
        const calls = Array.from({ length: 40 }, (_, n) => brief.call(n));
        assert.deepEqual(await Promise.all(calls), Array.from({ length: 40 }, (_, n) => n));
      }
    }),
  );
}

test(
  "a caller without a subscription gets its result as well, whenever it asks",
  withRelier(async ({ worker, port, client, queue }) => {
    const brief = rlTask("brief-polled", { resultTtl: 0 }, (n: number) => n);
    await worker();
    const bare = port();
    const { run, wait } = bare;
    const polling = client({ redis: { run, wait, close: () => bare.close() } });
    const handle = await brief.with({ delay: 300 }).apush(7);
    assert.equal(await polling.handle(handle.id).result(), 7);
    const { purgeAt, since } = await queue.inspect(handle.id);
    assert.ok(purgeAt!.getTime() - since!.getTime() > 20_000);
  }),
);

test(
  "a result is kept for half a minute while a client waits for it",
  withRelier(async ({ worker, queue, moves, redis, key }) => {
    let end = () => {};
    const job = rlTask("waited-for", { resultTtl: 0 }, () =>
      new Promise<string>((resolve) => {
        end = () => resolve("read");
      }));
    await worker();
    const handle = await job.apush();
    const result = handle.result();
    await until("it runs", async () => (await handle.status()).state === "running");
    await until("its client waits", async () => await redis.hlen(key("waiters")) > 0);
    end();
    assert.equal(await result, "read");
    const { purgeAt } = await queue.inspect(handle.id);
    assert.ok(purgeAt!.getTime() > await moves.now() + 20_000);
  }),
);

test(
  "the result of a lock is deleted at the end of its time, though nobody locks any more",
  withRelier(async ({ rl, redis, prefix }) => {
    for (const key of ["a", "b"]) {
      const lock = await idempotencyLock<string>(rl, { key, ttl: key === "a" ? 200 : 1500 });
      await lock.complete("x".repeat(1000));
    }
    const left = () => redis.hlen(`${prefix}:{relier.locks~0}:record`);
    assert.equal(await left(), 2);
    await until("the first is deleted", async () => await left() === 1);
    await until("the second is deleted", async () => await left() === 0);
  }),
);
