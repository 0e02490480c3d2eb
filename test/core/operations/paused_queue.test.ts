/**
 * Closes a queue to workers, to producers, or to more than a number of running tasks.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const noop = rlTask("noop-closed", (n: number) => n);

test(
  "a queue paused for workers hands out nothing, keeps what runs, and goes on when resumed",
  withRelier(async ({ worker, queue }) => {
    let release = () => {};
    let runs = 0;
    const long = rlTask("long-closed", () => {
      runs++;
      return new Promise<void>((resolve) => release = resolve);
    });
    await worker({ concurrency: 5 });
    const running = await long.apush();
    await until("it runs", () => runs === 1);
    await queue.pause("claims", "the bank is down");
    const waiting = await noop.apushMany(Array.from({ length: 20 }, (_, i) => [i]));
    release();
    await bounded("what ran", running.result());
    const { paused, counts, events } = await queue.stats();
    assert.deepEqual(paused, { claims: "the bank is down", pushes: null });
    assert.deepEqual([counts.ready, counts.running], [20, 0]);
    assert.equal(events["claim"], 1);
    await queue.resume();
    await bounded("the rest", Promise.all(waiting.map((handle) => handle.result())));
    assert.deepEqual((await queue.stats()).paused, { claims: null, pushes: null });
  }),
);

test(
  "a paused queue keeps no worker busy, however much waits and comes in",
  withRelier(async ({ worker, queue, redis }) => {
    await worker();
    await noop.call(0);
    await queue.pause("claims", "quiet");
    await noop.apushMany(Array.from({ length: 50 }, (_, i) => [i]));
    const calls = async () =>
      Number(/cmdstat_evalsha:calls=(\d+)/.exec(await redis.info("commandstats"))?.[1] ?? 0);
    const seqOf = async () => Number((await queue.stats()).events["claim"]);
    const claimed = await seqOf();
    const before = await calls();
    const start = performance.now();
    await until("a second has passed", () => performance.now() - start > 1000);
    const made = await calls() - before;
    const seconds = (performance.now() - start) / 1000;
    // Heartbeats, sweeps and a few status calls; a loop would make thousands.
    assert.ok(made < 60 * seconds, `${made} calls in ${seconds} s`);
    assert.equal(await seqOf(), claimed);
    await queue.resume();
  }),
);

test(
  "a queue closed to pushes refuses them while it is closed, and keeps its tasks",
  withRelier(async ({ queue, worker }) => {
    const keyed = noop.with({ idempotencyKey: "k" });
    const first = await keyed.apush(1);
    await queue.pause("pushes", "maintenance");
    await assert.rejects(noop.apush(2), { code: "RL_ADMISSION" });
    assert.equal((await keyed.apush(1)).outcome, "joined");
    assert.deepEqual((await queue.stats()).paused, { claims: null, pushes: "maintenance" });
    await worker();
    assert.equal(await first.result(), 1);
    await queue.resume();
    assert.equal(await noop.call(3), 3);
  }),
);

test(
  "as many tasks of a queue run at once as its limit allows, over all workers",
  withRelier(async ({ worker, queue }) => {
    let running = 0, most = 0;
    const busy = rlTask("busy-limited", async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 3));
      running--;
    });
    await queue.limit({ concurrency: 3 });
    await Promise.all([worker({ concurrency: 10 }), worker({ concurrency: 10, prefetch: 5 })]);
    const start = performance.now();
    const handles = await busy.apushMany(Array.from({ length: 120 }, () => []));
    await bounded("all of them", Promise.all(handles.map((handle) => handle.result())), 10_000);
    const took = performance.now() - start;
    assert.equal(most, 3);
    assert.ok(took < scaled(3000), `120 tasks of 3 ms, three at a time, took ${took} ms`);
    await queue.limit({ concurrency: null });
    most = 0;
    const more = await busy.apushMany(Array.from({ length: 60 }, () => []));
    await Promise.all(more.map((handle) => handle.result()));
    assert.ok(most > 3, "the limit is gone");
  }),
);

test(
  "a suspect waits while a queue is paused, and is not lost",
  withRelier(async ({ moves, queue }) => {
    await moves.suspect(await moves.push());
    await queue.pause("claims", "wait");
    const { lane, tasks } = await moves.turn({ slots: 1 });
    assert.deepEqual([lane, tasks], ["", []]);
    const { quarantine, causes } = await queue.stats();
    assert.deepEqual([quarantine.count, causes], [1, { SIGKILL: 2 }]);
    await queue.resume();
    assert.equal((await moves.claim()).solo, true);
  }),
);

test(
  "a pause needs a reason, and shows it",
  withRelier(async ({ queue, dump }) => {
    const before = await dump();
    const bad = (what: unknown, reason: unknown) => queue.pause(what as never, reason as never);
    await assert.rejects(bad("everything", "x"), RangeError);
    await assert.rejects(bad("claims", ""), RangeError);
    await assert.rejects(bad("claims", "a\nb"), RangeError);
    await assert.rejects(bad("claims", undefined), TypeError);
    await assert.rejects(bad("pushes", "x".repeat(201)), RangeError);
    assert.deepEqual(await dump(), before);
  }),
);
