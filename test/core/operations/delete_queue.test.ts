/**
 * Deleting a queue: it takes what is left along, refuses what would lose work, and is no data loss.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type RelierError, rlTask } from "../../../mod.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { call } from "../../../core/redis/call.ts";
import { deleteQueue } from "../../../core/redis/generated/operations.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const work = rlTask("delete-work", { idempotent: true }, (n: number) => n);

/** Deletes the queue of a test; resolves to the refusal, if there is one. */
async function deleted({ rl }: Lab, force = false): Promise<string> {
  return await rl.deleteQueue("default", { force }).then(
    () => "",
    (error: RelierError) => `${error.code} ${error.message}; ${error.hint}`,
  );
}

const isListed = async ({ client }: Lab): Promise<boolean> =>
  (await client().queues()).some(({ name }) => name === "default");

test(
  "a queue that holds work is not deleted, and nothing of it changes",
  withRelier(async (lab) => {
    await lab.queue.limit({ maxDepth: 5 });
    await work.apush(1);
    await lab.moves.settle(await lab.moves.claim(), "bury");
    await work.with({ delay: "1h" }).apush(2);
    const before = await lab.dump();
    assert.equal(
      await deleted(lab),
      'RL_CONFLICT Cannot delete queue "default": it holds 1 scheduled, 1 dead tasks; ' +
        "finish or delete them, or force it",
    );
    assert.deepEqual(await lab.dump(), before);
  }),
);

test(
  "a queue is not deleted while a worker serves it, not even by force",
  withRelier(async (lab) => {
    const worker = await lab.worker();
    await until("it has beaten", async () => (await lab.queue.workers()).length === 1);
    assert.match(
      await deleted(lab, true),
      /^RL_CONFLICT .*workers serve it \(1\); stop them first/,
    );
    await worker.drain();
    assert.equal(await deleted(lab), "");
  }),
);

test(
  "results, limits, pauses and counters go with a queue, by force also its tasks",
  withRelier(async (lab) => {
    const { queue } = lab;
    const worker = await lab.worker();
    await work.call(1);
    await worker.drain();
    await queue.limit({ maxDepth: 5, concurrency: 2 });
    await queue.pause("claims", "being deleted");
    assert.equal(await deleted(lab), "", "a result is no work");
    assert.equal(await isListed(lab), false);
    const { counts, limits, paused, events } = await queue.stats();
    assert.equal(Object.values(counts).reduce((sum, n) => sum + n), 0);
    assert.deepEqual([limits, paused, events], [{}, { claims: null, pushes: null }, {}]);
    const again = await work.apush(1);
    assert.equal(again.outcome, "created", "its idempotency keys are gone, too");
    assert.equal(await deleted(lab, true), "");
    assert.equal((await queue.stats()).counts.ready, 0);
  }),
);

test(
  "a deletion is no loss of data, and a client that pushes again lists the queue again",
  withRelier(async (lab) => {
    const producer = lab.client();
    await producer.apush(work, 1);
    await until("it is listed", () => isListed(lab));
    assert.equal(await deleted(lab, true), "");
    assert.equal(await isListed(lab), false);
    await producer.apush(work, 2);
    await until("it is listed again", () => isListed(lab));
    assert.deepEqual(lab.losses, []);
    await lab.redis.unlink(lab.key("meta"));
    await producer.apush(work, 3).catch(() => {});
    assert.deepEqual(lab.losses.map(({ code }) => code), ["RL_DATA_LOSS"], "but a flush is one");
    lab.expectBroken(/totals/);
  }),
);

test(
  "a worker that comes back after its queue was deleted settles nothing, and fences go on rising",
  withRelier(async (lab) => {
    await work.apush(1);
    const claim = await lab.moves.claim();
    assert.equal(await deleted(lab, true), "");
    assert.equal(await lab.moves.settle(claim, "complete"), false);
    await work.apush(1);
    assert.ok((await lab.moves.claim()).fence > claim.fence);
  }),
);

test(
  "the same deletion that is sent again leaves what was pushed in between",
  withRelier(async ({ moves, partition, queue }) => {
    const args = { token: randomLocal(), force: 1 };
    const send = async () => (await call(moves.caller, partition, deleteQueue, args))[0];
    await work.apush(1);
    assert.equal(await send(), "ok");
    await work.apush(2);
    assert.equal(await send(), "ok");
    assert.equal((await queue.stats()).counts.ready, 1);
  }),
);
