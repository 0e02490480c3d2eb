/**
 * Histograms of waiting and running times: the values of workers, and their sum.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { p95Of, quantileOf } from "../../../core/console/percentiles.ts";
import { listWorkers } from "../../../core/console/worker_list.ts";
import { createTimingRecorder } from "../../../core/base/histogram.ts";
import { type Buckets, Discard, rlTask, taskContext } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

test("a quantile over many workers is at most 9 % off", () => {
  const timers = [createTimingRecorder(), createTimingRecorder()];
  for (let ms = 2; ms <= 2_000; ms++) timers[ms % 2]!.ran(ms);
  const met = timers.map((timer) => timer.lately().run);
  for (const q of [0.5, 0.95, 0.99]) {
    const ms = quantileOf(met, q)!;
    assert.ok(Math.abs(ms / (2_000 * q) - 1) <= 0.092, `p${100 * q} is ${ms} ms`);
  }
  assert.equal(quantileOf([{}, {}], 0.95), null);
});

test("no time is too short or too long to be counted", () => {
  const timer = createTimingRecorder();
  for (const ms of [0, 0.3, 1, 1e15, Infinity]) timer.waited(ms);
  assert.deepEqual(timer.lately(), { wait: { 0: 3, 128: 2 }, run: {} });
});

const quick = rlTask("quick", () => {});
const failing = rlTask("failing", () => {
  throw new Discard("no");
});
const leaving = rlTask("leaving", async () => {
  const { heartbeat, signal } = taskContext();
  await heartbeat();
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
});

test(
  "a worker reports how long tasks waited and ran; a returned one did not run to its end",
  withRelier(async ({ rl, queue, worker }) => {
    await quick.apushMany([[], [], []]);
    await failing.apush();
    const first = await worker();
    await until("they have ended", async () => {
      const { counts } = await queue.stats();
      return counts.completed + counts.dead === 4;
    });
    await leaving.apush();
    const timings = async () => (await queue.workers())[0]!.info.timings;
    await until("it has said so", async () => countOf((await timings()).wait) === 5);
    assert.equal(countOf((await timings()).run), 4);
    const fleet = await listWorkers(rl, ["default"]);
    assert.ok(p95Of(fleet, "run")! < 5_000);
    assert.equal(p95Of(fleet, "run", "default"), p95Of(fleet, "run"));
    assert.equal(p95Of(fleet, "run", "another"), null);
    await first.drain({ timeout: 0 });
  }),
);

function countOf(buckets: Buckets): number {
  return Object.values(buckets).reduce((sum, n) => sum + n, 0);
}
