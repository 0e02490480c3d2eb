/**
 * Every script can be repeated, because clients resend without notice. The second
 * identical call returns the first reply and changes nothing more.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { call } from "../../../core/redis/call.ts";
import * as scripts from "../../support/scripts.ts";
import type { Settle } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";

/** Calls `what` twice: the replies are equal, and the second call writes nothing. */
async function twice<T>(lab: Lab, what: () => Promise<T>): Promise<T> {
  const first = await what();
  const between = await lab.dump();
  assert.deepEqual(await what(), first);
  assert.deepEqual(await lab.dump(), between);
  return first;
}

test(
  "the same push again is the same task",
  withRelier(async (lab) => {
    const id = await twice(lab, () => lab.moves.push({ id: "a".repeat(22) }));
    assert.equal((await lab.moves.facts(id)).state, "ready");
    assert.equal((await lab.queue.stats()).counts.ready, 1);
  }),
);

test(
  "the same push twice in one call is one task",
  withRelier(async ({ moves, queue }) => {
    const id = randomLocal();
    assert.deepEqual(await moves.pushRows([{ id }, { id }]), [1, "joined"]);
    assert.equal((await queue.stats()).counts.ready, 1);
  }),
);

test(
  "the same push again is admitted at the limit that it has reached, and costs no rate",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxDepth: 1, maxPerTenant: 1, rate: { limit: 1, per: "1h" } });
    await twice(lab, () => lab.moves.push({ id: "a".repeat(22), tenant: "acme" }));
    assert.equal((await lab.queue.stats()).counts.ready, 1);
  }),
);

test(
  "the same limits again change nothing, and leave the rate unchanged",
  withRelier(async (lab) => {
    const limits = { rate: { limit: 1, per: "1h" }, maxDepth: 5, concurrency: 2 } as const;
    await twice(lab, () => lab.queue.limit(limits));
    await lab.moves.push();
    await twice(lab, () => lab.queue.limit(limits));
    await twice(lab, () => lab.queue.limit({ rate: null, concurrency: null }));
  }),
);

test(
  "the same claim again hands out the same tasks, with the same fences",
  withRelier(async (lab) => {
    for (let i = 0; i < 5; i++) await lab.moves.push();
    const nonce = randomLocal();
    const { tasks } = await twice(lab, () => lab.moves.turn({ nonce, slots: 2, spare: 1 }));
    assert.equal(tasks.length, 3);
    assert.equal((await lab.queue.stats()).counts.ready, 2);
  }),
);

test(
  "two claims in flight are remembered apart",
  withRelier(async (lab) => {
    for (let i = 0; i < 4; i++) await lab.moves.push();
    const [a, b] = [randomLocal(), randomLocal()];
    const first = await lab.moves.turn({ nonce: a, call: "0", slots: 2 });
    await lab.moves.turn({ nonce: b, call: "1", slots: 2 });
    assert.deepEqual((await lab.moves.turn({ nonce: a, call: "0", slots: 2 })).tasks, first.tasks);
  }),
);

test(
  "a repeated claim leaves out tasks that were settled meanwhile",
  withRelier(async ({ moves }) => {
    await moves.push();
    await moves.push();
    const nonce = randomLocal();
    const { tasks } = await moves.turn({ nonce, slots: 2 });
    await moves.settle(tasks[0]!, "complete");
    const again = await moves.turn({ nonce, slots: 2 });
    assert.deepEqual(again.tasks.map(({ id }) => id), [tasks[1]!.id]);
  }),
);

test(
  "a repeated claim of a suspect still demands that it runs alone",
  withRelier(async (lab) => {
    const { moves } = lab;
    await moves.suspect(await moves.push());
    const nonce = randomLocal();
    const { lane } = await twice(lab, () => moves.turn({ nonce, slots: 1 }));
    assert.equal(lane, "solo");
  }),
);

for (const event of ["complete", "retry", "bury", "defer", "handoff", "stop"] as Settle[]) {
  test(
    `the same ${event} again is accepted again, and counted once`,
    withRelier(async (lab) => {
      await lab.moves.push();
      const claim = await lab.moves.claim();
      assert.equal(await twice(lab, () => lab.moves.settle(claim, event)), true);
      assert.equal((await lab.queue.stats()).events[event], 1);
    }),
  );
}

test(
  "a settle is stale when it comes again with another verdict",
  withRelier(async ({ moves }) => {
    await moves.push();
    const claim = await moves.claim();
    assert.equal(await moves.settle(claim, "retry"), true);
    assert.equal(await moves.settle(claim, "complete"), false);
  }),
);

test(
  "the same beat again renews the same lease and nothing else",
  withRelier(async (lab) => {
    const { moves } = lab;
    await moves.push();
    const claim = await moves.claim();
    const row = { ...claim, progress: "50", partial: '{"at":1}' };
    const first = await moves.beat("w1", [row]);
    const { score: _, ...before } = await moves.facts(claim.id);
    assert.deepEqual(await moves.beat("w1", [row]), first);
    const { score: __, ...after } = await moves.facts(claim.id);
    assert.deepEqual(after, before);
    assert.equal(after.progress, "50");
  }),
);

test(
  "the same step again is stored once",
  withRelier(async (lab) => {
    await lab.moves.push();
    const claim = await lab.moves.claim();
    assert.equal(await twice(lab, () => lab.moves.step(claim, "charge", '"ch_1"')), "ok");
    await lab.moves.crash("w1");
    await lab.moves.age("scheduled", claim.id, -1);
    await lab.moves.sweep();
    assert.deepEqual((await lab.moves.claim("w2")).again?.steps, ["charge", '"ch_1"']);
  }),
);

test(
  "the same cancel again answers that it was cancelled",
  withRelier(async (lab) => {
    const id = await lab.moves.push();
    assert.equal(await twice(lab, () => lab.moves.cancel(id)), "cancelled");
  }),
);

test(
  "two requests to cancel a running task are one, with the first reason",
  withRelier(async ({ moves }) => {
    await moves.push();
    const claim = await moves.claim();
    assert.equal(await moves.cancel(claim.id, "first"), "asked");
    assert.equal(await moves.cancel(claim.id, "second"), "asked");
    assert.deepEqual((await moves.beat("w1", [claim])).asked, [claim.id, "first"]);
  }),
);

test(
  "the same release again answers that it was released",
  withRelier(async (lab) => {
    await lab.moves.push();
    const claim = await lab.moves.claim();
    await lab.moves.settle(claim, "bury");
    const token = randomLocal();
    assert.deepEqual(await twice(lab, () => lab.moves.release([claim.id], token)), []);
    assert.deepEqual(await lab.moves.release([claim.id]), [claim.id], "another release");
  }),
);

test(
  "the same release again returns the same lives, though one of them has begun",
  withRelier(async (lab) => {
    const { moves } = lab;
    const dead: string[] = [];
    for (const trace of ["1:t1", "1:t2"]) {
      dead.push(await moves.push());
      const claim = await moves.claim();
      await moves.beat("w1", [claim], "", trace);
      await moves.settle(claim, "bury", { name: "by-hand" });
    }
    const args = { token: randomLocal(), observed: 1 };
    const rows = dead.map((id) => ({ id, envelope: "" }));
    const release = async () =>
      (await call(moves.caller, moves.partition, scripts.release, args, rows))[4];
    const lives = await twice(lab, release);
    assert.deepEqual(lives, dead.map((id, i) => [id, "by-hand", `t${i + 1}`]));
    const claim = await moves.claim();
    await moves.beat("w1", [claim], "", "1:t3");
    assert.deepEqual(await twice(lab, release), lives);
    assert.deepEqual(await moves.release([claim.id]), [claim.id], "another release");
  }),
);

test(
  "the same release with another payload again answers that it was released",
  withRelier(async (lab) => {
    await lab.moves.push();
    const claim = await lab.moves.claim();
    await lab.moves.settle(claim, "bury");
    const token = randomLocal();
    const envelope = '{"v":1,"name":"by-hand","payload":[1]}';
    assert.deepEqual(await twice(lab, () => lab.moves.release([claim.id], token, envelope)), []);
    assert.equal((await lab.moves.claim()).envelope, envelope);
  }),
);

test(
  "the same promote again answers that it was promoted, even of a task that runs by then",
  withRelier(async (lab) => {
    const id = await lab.moves.push({ delayMs: 60_000 });
    const token = randomLocal();
    assert.deepEqual(await twice(lab, () => lab.moves.promote([id], token)), []);
    await lab.moves.claim();
    assert.deepEqual(await lab.moves.promote([id], token), []);
    assert.deepEqual(await lab.moves.promote([id]), [id], "another promote");
  }),
);

test(
  "a retry that is sent again is accepted although the task was promoted meanwhile",
  withRelier(async ({ moves }) => {
    await moves.push();
    const claim = await moves.claim();
    assert.equal(await moves.settle(claim, "retry"), true);
    await moves.promote([claim.id]);
    assert.equal(await moves.settle(claim, "retry"), true);
    assert.equal((await moves.facts(claim.id)).state, "ready");
  }),
);

test(
  "the same restore again answers that it was restored, another one that it is there",
  withRelier(async (lab) => {
    const [id, token] = [randomLocal(), randomLocal()];
    const diedAt = await lab.moves.now() - 1000;
    assert.deepEqual(await twice(lab, () => lab.moves.restore({ id, diedAt }, token)), []);
    assert.deepEqual(await lab.moves.restore({ id }), [id]);
    assert.equal((await lab.queue.stats()).events["restore"], 1);
  }),
);

test(
  "the same order, pause, resume and enlisting again change nothing",
  withRelier(async (lab) => {
    const { moves, partition } = lab;
    const { caller } = moves;
    await moves.push();
    await moves.beat("w1", []);
    const order = { worker: "w1", order: "token pause" };
    const paused = { field: "paused", reason: "why" };
    await twice(lab, () => call(caller, partition, scripts.commandWorker, order));
    await moves.beat("w1", [], order.order);
    const [word] = await call(caller, partition, scripts.commandWorker, order);
    assert.equal(word, "ok");
    assert.equal((await moves.beat("w1", [], order.order)).order, "", "it was obeyed already");
    await twice(lab, () => call(caller, partition, scripts.pause, paused));
    await twice(lab, () => call(caller, partition, scripts.resume, {}));
    await twice(lab, () => call(caller, partition, scripts.registerQueue, { queue: "default" }));
    await twice(lab, () => call(caller, partition, scripts.unregisterQueue, { queue: "default" }));
  }),
);

test(
  "the same discard again answers that it was discarded",
  withRelier(async (lab) => {
    await lab.moves.push();
    const claim = await lab.moves.claim();
    await lab.moves.settle(claim, "bury");
    assert.deepEqual(await twice(lab, () => lab.moves.discard([claim.id])), []);
  }),
);

test(
  "the same lock again renews it under the same fence",
  withRelier(async ({ moves }) => {
    const [id, nonce] = [randomLocal(), randomLocal()];
    const first = await moves.lock(id, nonce);
    assert.equal(first[0], "ok");
    assert.deepEqual(await moves.lock(id, nonce), first);
    assert.equal(await moves.unlock(id, nonce), "ok");
    assert.equal(await moves.unlock(id, nonce), "ok", "letting go again");
  }),
);

test(
  "the death of a worker is reported twice and charged once",
  withRelier(async (lab) => {
    const { moves } = lab;
    await moves.push();
    const { id } = await moves.claim();
    assert.deepEqual(await moves.crash("w1"), { [id]: "SIGKILL" });
    assert.deepEqual(await moves.crash("w1"), {});
    assert.equal((await moves.facts(id)).crashes, "1");
  }),
);
