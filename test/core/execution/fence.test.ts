/**
 * The fence: a worker that lost a task writes nothing, and the number that orders
 * claims never falls. A late completion counts only until another worker starts the
 * task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import type { Moves, Settle } from "../../support/moves.ts";
import { withRelier } from "../../support/relier.ts";

/** Makes a task that one worker lost and another one runs. */
async function stolen(moves: Moves): Promise<{ zombie: Claim; owner: Claim }> {
  await moves.push();
  const zombie = await moves.claim("zombie");
  await moves.crash("zombie");
  await moves.age("scheduled", zombie.id, -1);
  await moves.sweep();
  return { zombie, owner: await moves.claim("owner") };
}
type Claim = Awaited<ReturnType<Moves["claim"]>>;

const settles: readonly Settle[] = ["complete", "retry", "bury", "defer", "handoff", "stop"];

for (const event of settles) {
  test(
    `a worker that lost its task cannot ${event} it`,
    withRelier(async (lab) => {
      const { zombie, owner } = await stolen(lab.moves);
      const before = await lab.dump();
      const late = { text: '"late"', error: "{}", partial: '"late"' };
      assert.equal(await lab.moves.settle(zombie, event, late), false);
      assert.deepEqual(await lab.dump(), before);
      assert.equal(await lab.moves.settle(owner, "complete"), true);
    }),
  );
}

test(
  "a worker that lost its task saves no progress, no partial result and no trace",
  withRelier(async (lab) => {
    const { zombie } = await stolen(lab.moves);
    const before = await lab.tasks();
    const row = { ...zombie, progress: "99", remark: "late", partial: '"late"' };
    const trace = `1:00-${"a".repeat(32)}-${"b".repeat(16)}-01`;
    assert.deepEqual((await lab.moves.beat("zombie", [row], "", trace)).lost, [zombie.id]);
    assert.deepEqual(await lab.tasks(), before);
  }),
);

test(
  "a worker that lost its task saves no step",
  withRelier(async (lab) => {
    const { zombie } = await stolen(lab.moves);
    const before = await lab.dump();
    assert.equal(await lab.moves.step(zombie), "stale");
    assert.deepEqual(await lab.dump(), before);
  }),
);

test(
  "a worker that lost its task pushes no child",
  withRelier(async (lab) => {
    const { zombie, owner } = await stolen(lab.moves);
    const before = await lab.dump();
    const parent = { parent: zombie.id, nonce: zombie.nonce };
    assert.equal(await lab.moves.pushRows([{ id: randomLocal() }], parent), "stale");
    assert.deepEqual(await lab.dump(), before);
    const held = { parent: owner.id, nonce: owner.nonce };
    assert.deepEqual(await lab.moves.pushRows([{ id: randomLocal() }], held), []);
  }),
);

test(
  "a caller that lost its lock can neither complete nor release it",
  withRelier(async (lab) => {
    const { moves } = lab;
    const [id, first, second] = [randomLocal(), randomLocal(), randomLocal()];
    await moves.lock(id, first);
    assert.equal((await moves.lock(id, second))[0], "held");
    await moves.age("running", id, -1);
    assert.equal((await moves.lock(id, second))[0], "ok");
    const before = await lab.dump();
    assert.equal(await moves.settle({ id, nonce: first }, "complete"), false);
    assert.equal(await moves.unlock(id, first), "stale");
    assert.deepEqual(await lab.dump(), before);
  }),
);

test(
  "the fence rises with every claim, also in one batch",
  withRelier(async ({ moves }) => {
    for (let i = 0; i < 50; i++) await moves.push();
    let last = 0;
    for (const slots of [1, 30, 19]) {
      for (const { fence } of (await moves.turn({ slots })).tasks) {
        assert.ok(fence > last, `${fence} is not above ${last}`);
        last = fence;
      }
    }
  }),
);

test(
  "the fence rises after every trace of a task was deleted",
  withRelier(async ({ moves }) => {
    const id = await moves.push();
    const first = await moves.claim();
    await moves.settle(first, "bury");
    await moves.discard([id]);
    assert.equal((await moves.facts(id)).state, "");
    await moves.push({ id });
    assert.ok((await moves.claim()).fence > first.fence);
  }),
);

test(
  "the fence rises although the clock went back",
  withRelier(async ({ moves, redis, key }) => {
    await moves.push();
    await moves.push();
    const far = (await moves.now() + 3_600_000) * 1000;
    await redis.hset(key("meta"), "fence", String(far));
    assert.equal((await moves.claim()).fence, far + 1);
    assert.equal((await moves.claim()).fence, far + 2);
  }),
);

test(
  "the fence follows the clock, so a rolled back Redis does not repeat one",
  withRelier(async ({ moves, redis, key }) => {
    await moves.push();
    const first = await moves.claim();
    await moves.settle(first, "handoff");
    await redis.hset(key("meta"), "fence", String(first.fence - 1_000_000));
    assert.ok((await moves.claim()).fence > first.fence);
  }),
);

for (const state of ["scheduled", "ready", "quarantined"] as const) {
  test(
    `a late completion counts while the task is ${state} again`,
    withRelier(async (lab) => {
      const { moves } = lab;
      await moves.push();
      let claim = await moves.claim();
      await moves.crash("w1");
      if (state !== "scheduled") {
        await moves.age("scheduled", claim.id, -1);
        await moves.sweep();
      }
      if (state === "quarantined") {
        claim = await moves.claim();
        await moves.crash("w1");
      }
      assert.equal((await moves.facts(claim.id)).state, state);
      assert.equal(await moves.settle(claim, "complete", { text: '"late"' }), true);
      assert.equal((await moves.facts(claim.id)).state, "completed");
      const { tasks } = await lab.queue.page("completed");
      assert.equal(await lab.rl.handle(tasks[0]!.id).result(), "late");
    }),
  );
}

test(
  "a late completion in the call that also claims removes the task from the queue",
  withRelier(async ({ moves, queue }) => {
    await moves.push();
    const late = await moves.claim();
    await moves.crash("w1");
    await moves.age("scheduled", late.id, -1);
    await moves.sweep();
    const row = { id: late.id, nonce: late.nonce, event: "complete", ms: 60_000 };
    const rows = [{ ...row, text: "1", error: "", partial: "", name: "" }];
    const { tasks, stale } = await moves.turn({ slots: 2, rows });
    assert.deepEqual([tasks, stale], [[], []]);
    assert.equal((await moves.facts(late.id)).state, "completed");
    assert.equal((await queue.stats()).counts.ready, 0);
  }),
);

test(
  "a worker that died while its lease ran out is charged once",
  withRelier(async ({ moves, queue }) => {
    await moves.push();
    const { id } = await moves.claim();
    await moves.age("running", id, -1);
    await moves.crash("w1");
    assert.equal((await moves.facts(id)).crashes, "1");
    assert.equal((await queue.stats()).counts.scheduled, 1);
  }),
);

test(
  "a worker that claims the same task again is not its former self",
  withRelier(async ({ moves }) => {
    await moves.push();
    const first = await moves.claim("w1");
    await moves.settle(first, "handoff");
    const second = await moves.claim("w1");
    assert.notEqual(first.nonce, second.nonce);
    assert.equal(await moves.settle(first, "complete"), false);
    assert.equal(await moves.settle(second, "complete"), true);
  }),
);
