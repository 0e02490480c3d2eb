/**
 * Idempotency without a task: one caller does the work of a key, and the others get its
 * result.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { partitionOf } from "../../../core/protocol/keys.ts";
import { derivedLocal } from "../../../core/protocol/task_id.ts";
import { internalsOf } from "../../../core/client/create_relier.ts";
import { createRelier, createWorker, idempotencyLock, idempotent, rlTask } from "../../../mod.ts";
import { type Moves, movesAt } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const locks = (lab: Lab): Moves =>
  movesAt(internalsOf(lab.rl).caller, partitionOf("relier.locks", 0, lab.prefix), lab.redis);

test(
  "fifty callers at once are one run, and all get its result",
  withRelier(async ({ rl, client }) => {
    let runs = 0;
    const clients = [rl, client(), client()];
    const results = await Promise.all(
      Array.from({ length: 50 }, (_, i) =>
        idempotent(clients[i % 3]!, "order 1", async () => {
          await new Promise((resolve) => setTimeout(resolve, 20));
          return { run: ++runs };
        })),
    );
    assert.equal(runs, 1);
    assert.ok(results.every(({ run }) => run === 1));
  }),
);

test(
  "a failure belongs to its caller, and the next one runs",
  withRelier(async ({ rl }) => {
    await assert.rejects(idempotent(rl, "k", () => Promise.reject(new Error("mine"))), /mine/);
    assert.equal(await idempotent(rl, "k", () => "second"), "second");
    assert.equal(await idempotent(rl, "k", () => "third"), "second");
  }),
);

test(
  "undefined is a result like any other",
  withRelier(async ({ rl }) => {
    let runs = 0;
    assert.equal(await idempotent(rl, "nothing", () => void runs++), undefined);
    assert.equal(await idempotent(rl, "nothing", () => void runs++), undefined);
    assert.equal(runs, 1);
  }),
);

test(
  "work whose result cannot be stored is not done again: later callers get what JSON keeps of it",
  withRelier(async ({ rl }) => {
    const made: readonly [unknown, unknown][] = [
      [{ at: new Date(0), n: 5n }, { at: "1970-01-01T00:00:00.000Z", n: "5" }],
      [{ "\ud800": "a\udfff" }, { "\ufffd": "a\ufffd" }],
      ["x".repeat(300_000), undefined],
      [() => 1, undefined],
    ];
    for (const [n, [value, kept]] of made.entries()) {
      let runs = 0;
      const once = () => idempotent<unknown>(rl, `odd ${n}`, () => (runs++, value));
      assert.equal(await once(), value);
      assert.deepEqual(await once(), kept);
      assert.equal(runs, 1);
    }
  }),
);

test(
  "a lock that is released without a result is free for the next caller",
  withRelier(async (lab) => {
    {
      await using held = await idempotencyLock(lab.rl, { key: "k" });
      assert.equal(held.alreadyExecuted, false);
    }
    await using next = await idempotencyLock(lab.rl, { key: "k", wait: 0 });
    assert.equal(next.alreadyExecuted, false);
  }),
);

test(
  "a lock returns the result of the work, and cannot be completed twice",
  withRelier(async ({ rl }) => {
    const held = await idempotencyLock<number>(rl, { key: "k" });
    assert.ok(held.fence > 0);
    await held.complete(42);
    const found = await idempotencyLock<number>(rl, { key: "k" });
    assert.deepEqual([found.alreadyExecuted, found.cachedResult, found.fence], [true, 42, 0]);
    await assert.rejects(found.complete(1), { code: "RL_CONFLICT" });
    await found[Symbol.asyncDispose]();
  }),
);

test(
  "a lock that is held for longer than the wait is a conflict",
  withRelier(async ({ rl }) => {
    await using _held = await idempotencyLock(rl, { key: "k" });
    await assert.rejects(idempotencyLock(rl, { key: "k", wait: 30 }), { code: "RL_CONFLICT" });
  }),
);

test(
  "when the holder dies the next caller takes over, with a higher fence, and the dead one gets an error",
  withRelier(async (lab) => {
    const first = await idempotencyLock(lab.rl, { key: "k" });
    const id = derivedLocal("lock", "k");
    await locks(lab).age("running", id, -1);
    await using second = await idempotencyLock(lab.rl, { key: "k", wait: 0 });
    assert.ok(second.fence > first.fence);
    await assert.rejects(first.complete("late"), { code: "RL_LEASE_LOST" });
    await second.complete("in time");
    assert.equal((await idempotencyLock(lab.rl, { key: "k" })).cachedResult, "in time");
  }),
);

test(
  "a lock is renewed while its holder lives, and its signal aborts when it is lost",
  withRelier(async (lab) => {
    const [kept, stolen] = ["kept", "stolen"].map((key) => derivedLocal("lock", key));
    await using held = await idempotencyLock(lab.rl, { key: "kept" });
    const lost = await idempotencyLock(lab.rl, { key: "stolen" });
    await locks(lab).age("running", stolen!, -1);
    await using _thief = await idempotencyLock(lab.rl, { key: "stolen", wait: 0 });
    const before = Number((await locks(lab).facts(kept!)).score);
    const renewed = async () => Number((await locks(lab).facts(kept!)).score) > before;
    await until(
      "one is renewed and the loss of the other is known",
      async () => lost.signal.aborted && await renewed(),
      8000,
    );
    assert.equal((lost.signal.reason as { code?: string }).code, "RL_LEASE_LOST");
    assert.equal(held.signal.aborted, false);
  }),
);

test(
  "a result is kept for its ttl, then the work may be done again",
  withRelier(async (lab) => {
    const first = await idempotencyLock(lab.rl, { key: "k", ttl: "1h" });
    await first.complete(1);
    await locks(lab).age("completed", derivedLocal("lock", "k"), -1);
    const second = await idempotencyLock<number>(lab.rl, { key: "k" });
    assert.equal(second.alreadyExecuted, false);
    assert.ok(second.fence > first.fence);
    await second.complete(2);
    assert.equal((await idempotencyLock<number>(lab.rl, { key: "k" })).cachedResult, 2);
  }),
);

test(
  "expired results are dropped on the way",
  withRelier(async (lab) => {
    for (const key of ["a", "b", "c"]) {
      await idempotent(lab.rl, key, () => key);
      await locks(lab).age("completed", derivedLocal("lock", key), -1);
    }
    await idempotent(lab.rl, "d", () => "d");
    assert.equal((await lab.rl.queue("relier.locks").stats()).counts.completed, 1);
  }),
);

test(
  "a sweep of the queue of locks harms no key: the lock of a dead holder goes to the next caller",
  withRelier(async (lab) => {
    const dead = await idempotencyLock(lab.rl, { key: "k" });
    await locks(lab).age("running", derivedLocal("lock", "k"), -1);
    const queue = lab.rl.queue("relier.locks");
    assert.deepEqual((await queue.sweep()).resurrected, []);
    assert.deepEqual(await queue.evict("lock", "SIGKILL"), []);
    await using next = await idempotencyLock(lab.rl, { key: "k", wait: 0 });
    assert.equal(next.alreadyExecuted, false);
    assert.ok(next.fence > dead.fence);
    await assert.rejects(dead.complete(1), { code: "RL_LEASE_LOST" });
  }),
);

test(
  "no task can be pushed to the queues of locks and names, and no worker claims from them",
  withRelier(async (lab) => {
    for (const queue of ["relier.locks", "relier.queues"]) {
      const refusal = { name: "RangeError", message: new RegExp(`queue "${queue}".*reserved`) };
      const task = rlTask(`pushed-to-${queue}`, () => {});
      assert.throws(() => rlTask("in-a-reserved-queue", { queue }, () => {}), refusal);
      assert.throws(() => task.with({ queue }), refusal);
      assert.throws(() => createWorker(lab.rl, { queues: [queue] }), refusal);
      assert.throws(() => createWorker(lab.rl, { queues: { [queue]: 1 } }), refusal);
      assert.throws(() => createRelier({ admission: { [queue]: { maxDepth: 1 } } }), refusal);
    }
    assert.deepEqual(await lab.dump(), {});
  }),
);

test(
  "an invalid key or option is refused before anything is sent",
  withRelier(async (lab) => {
    const wrong = [{ key: "" }, { key: "k", ttl: -1 }, { key: "k", wait: "soon" }, { key: 1 }, {
      k: 1,
    }, null];
    for (const options of wrong) {
      await assert.rejects(
        idempotencyLock(lab.rl, options as never),
        (error) => error instanceof TypeError || error instanceof RangeError,
      );
    }
    await assert.rejects(idempotent(lab.rl, "k", "no function" as never), TypeError);
    assert.deepEqual(await lab.dump(), {});
  }),
);
