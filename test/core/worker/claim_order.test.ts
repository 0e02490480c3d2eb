/**
 * The order of claims: priority, then arrival, and never before the due time. Expired
 * tasks leave the order.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

test(
  "tasks of one priority are taken in the order of their arrival",
  withRelier(async ({ moves }) => {
    const ids = Array.from({ length: 300 }, randomLocal);
    await moves.pushRows(ids.slice(0, 150).map((id) => ({ id })));
    await moves.pushRows(ids.slice(150).map((id) => ({ id })));
    const first = await moves.turn({ slots: 200 });
    const rest = await moves.turn({ slots: 200, call: "1" });
    assert.deepEqual([...first.tasks, ...rest.tasks].map(({ id }) => id), ids);
  }),
);

test(
  "a higher priority goes first, at every time of arrival",
  withRelier(async ({ moves }) => {
    const pushed: [string, number][] = [];
    for (const priority of [0, 100, 5, 100, 0, 99]) {
      pushed.push([await moves.push({ priority }), priority]);
    }
    const { tasks } = await moves.turn({ slots: 6 });
    const expected = [...pushed].sort(([, a], [, b]) => b - a).map(([id]) => id);
    assert.deepEqual(tasks.map(({ id }) => id), expected);
  }),
);

test(
  "a task that is handed off keeps its place in line",
  withRelier(async ({ moves }) => {
    const ids = [await moves.push(), await moves.push(), await moves.push()];
    const claim = await moves.claim();
    const urgent = await moves.push({ priority: 9 });
    await moves.settle(claim, "handoff");
    const { tasks } = await moves.turn({ slots: 4 });
    assert.deepEqual(tasks.map(({ id }) => id), [urgent, ...ids]);
  }),
);

test(
  "no worker claims a delayed task before it is due, and one does soon after",
  withRelier(async ({ moves }) => {
    const pushedAt = await moves.now();
    const id = await moves.push({ delayMs: 150 });
    const { tasks, nextMs } = await moves.turn({ slots: 1 });
    assert.deepEqual(tasks, []);
    assert.ok(nextMs > 0 && nextMs <= 150, `it says when to come again: ${nextMs}`);
    await until("it is due", async () => {
      await moves.sweep();
      return (await moves.facts(id)).state === "ready";
    });
    assert.ok(await moves.now() - pushedAt >= 150);
  }),
);

test(
  "a past time means now, a future one means then",
  withRelier(async ({ moves }) => {
    const now = await moves.now();
    assert.equal((await moves.facts(await moves.push({ atMs: now - 5000 }))).state, "ready");
    const later = await moves.facts(await moves.push({ atMs: now + 60_000 }));
    assert.deepEqual([later.state, later.score], ["scheduled", String(now + 60_000)]);
  }),
);

test(
  "a worker that finds nothing ready promotes due tasks itself",
  withRelier(async ({ moves }) => {
    const id = await moves.push({ delayMs: 60_000 });
    await moves.age("scheduled", id, -1);
    assert.deepEqual((await moves.turn({ slots: 1 })).nextMs, 0, "come again at once");
    assert.equal((await moves.claim()).id, id);
  }),
);

test(
  "hundreds of tasks that are due at once are promoted in bounded steps",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    for (const length of [150, 100]) {
      await moves.pushRows(Array.from({ length }, () => ({ delayMs: 1 })));
    }
    await until("the last is due", async () => {
      const [, last] = await lab.redis.zrange(lab.key("scheduled"), -1, "-1", "WITHSCORES");
      return Number(last) < await moves.now();
    });
    await moves.sweep();
    assert.equal((await queue.stats()).counts.ready, 100, "one step");
    await moves.sweep();
    await moves.sweep();
    assert.equal((await queue.stats()).counts.ready, 250);
  }),
);

test(
  "a result is kept until its time is over, then forgotten with all its data",
  withRelier(async (lab) => {
    const { moves } = lab;
    await moves.push();
    const claim = await moves.claim();
    await moves.settle(claim, "complete", { text: '"kept"' });
    await moves.sweep();
    assert.equal((await moves.facts(claim.id)).state, "completed");
    await moves.age("completed", claim.id, -1);
    await moves.sweep();
    assert.equal((await moves.facts(claim.id)).state, "");
    const left = Object.entries(await lab.tasks()).filter(([, text]) => text.includes(claim.id));
    assert.deepEqual(left, []);
  }),
);

test(
  "hundreds of expired results are forgotten in bounded steps",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    await moves.pushRows(Array.from({ length: 200 }, () => ({})));
    await moves.pushRows(Array.from({ length: 100 }, () => ({})));
    for (const call of ["0", "1"]) {
      const { tasks } = await moves.turn({ slots: 200, call });
      const rest = { event: "complete", ms: 0, text: "", error: "", partial: "", name: "" };
      await moves.turn({ rows: tasks.map(({ id, nonce }) => ({ id, nonce, ...rest })) });
    }
    await moves.sweep();
    assert.equal((await queue.stats()).counts.completed, 100);
    await moves.sweep();
    assert.equal((await queue.stats()).counts.completed, 0);
  }),
);

test(
  "a cancelled task is forgotten when its time is over, a dead one never",
  withRelier(async ({ moves }) => {
    const cancelled = await moves.push();
    await moves.cancel(cancelled);
    await moves.push();
    const dead = await moves.claim();
    await moves.settle(dead, "bury");
    await moves.age("cancelled", cancelled, -1);
    await moves.age("dead", dead.id, -1_000_000_000);
    await moves.sweep();
    assert.equal((await moves.facts(cancelled)).state, "");
    assert.equal((await moves.facts(dead.id)).state, "dead");
  }),
);

test(
  "a released task starts again: its counters are zero, its history stays",
  withRelier(async ({ moves, queue }) => {
    await moves.push({ limit: "0" });
    const { id } = await moves.claim();
    await moves.crash("w1");
    assert.equal((await moves.facts(id)).state, "dead");
    await moves.release([id]);
    const claim = await moves.claim();
    assert.equal(claim.crashes, 0);
    const { tasks } = await queue.page("running");
    const { history } = await queue.inspect(tasks[0]!.id);
    assert.deepEqual(history.map(({ cause }) => cause), ["SIGKILL"]);
  }),
);

for (const event of ["complete", "stop"] as const) {
  test(
    `a task leaves no step, no partial result and no payload behind after ${event}`,
    withRelier(async (lab) => {
      const { moves } = lab;
      await moves.push();
      const claim = await moves.claim();
      await moves.step(claim);
      await moves.beat("w1", [{ ...claim, partial: "1" }]);
      await moves.settle(claim, event, { partial: "2" });
      const left = Object.entries(await lab.tasks()).filter(([, text]) => text.includes(claim.id));
      const state = event === "complete" ? "completed" : "cancelled";
      assert.deepEqual(left.map(([key]) => key), [`{default~0}:${state}`, "{default~0}:record"]);
    }),
  );
}

test(
  "a released task starts without deferrals",
  withRelier(async ({ moves }) => {
    await moves.push();
    const { id, ...first } = await moves.claim();
    await moves.settle({ id, ...first }, "defer");
    await moves.age("scheduled", id, -1);
    await moves.sweep();
    const again = await moves.claim();
    assert.equal(again.deferrals, 1);
    await moves.settle(again, "bury", { text: "unroutable" });
    await moves.release([id]);
    const { deferrals, unknownMs } = await moves.claim();
    assert.deepEqual([deferrals, unknownMs], [0, 0]);
    assert.equal((await moves.facts(id)).deferredAt, undefined);
  }),
);
