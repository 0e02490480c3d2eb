/**
 * Kept payloads, and tasks that run again by them. The audit after each test finds a payload that
 * stays without its task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask, taskContext } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

interface Order {
  readonly id: string;
}

const ship = rlTask("keep-ship", { keepPayload: true, idempotent: true }, (order: Order) => {
  const { headers, idempotencyKey } = taskContext();
  return { order: order.id, of: headers["relier-run-again-of"] ?? "", key: idempotencyKey };
});
const dropped = rlTask("keep-dropped", (n: number) => n);
const dies = rlTask("keep-dies", { keepPayload: true, retry: 1 }, () => {
  throw new Error("no");
});

test(
  "the payload of a completed task is kept with its result, if its task says so, and is deleted with it",
  withRelier(async ({ worker, queue }) => {
    await worker();
    const kept = await ship.apush({ id: "o-1" });
    const other = await dropped.apush(1);
    await Promise.all([kept.result(), other.result()]);
    assert.deepEqual((await queue.inspect(kept.id)).payload, [{ id: "o-1" }]);
    assert.equal((await queue.inspect(other.id)).envelope, "");
    assert.deepEqual(await queue.audit(), []);
    assert.deepEqual(await queue.repair(), [], "a repair takes no kept payload");
    assert.deepEqual(await queue.discard([kept.id, other.id]), []);
  }),
);

test(
  "a completed task runs again as a new task of the same queue, priority and tenant",
  withRelier(async ({ rl, worker, client }) => {
    await worker({ queues: ["freight"] });
    const place = { queue: "freight", priority: 7, tenant: "acme", headers: { from: "web" } };
    const first = await ship.with(place).apush({ id: "o-2" });
    const done = await first.result();
    const again = await client().runAgain(first.id);
    assert.notEqual(again.id, first.id);
    const result = await again.result() as typeof done;
    assert.deepEqual([result.order, result.of], ["o-2", first.id]);
    assert.notEqual(result.key, done.key, "another system takes it for another call");
    const { headers, facts, payload } = await rl.queue("freight").inspect(again.id);
    assert.deepEqual(payload, [{ id: "o-2" }]);
    assert.deepEqual([facts["priority"], facts["tenant"], headers["from"]], ["7", "acme", "web"]);
    // The key still answers with the first one, and the new one runs again like any other.
    assert.equal((await ship.with({ queue: "freight" }).apush({ id: "o-2" })).outcome, "replayed");
    assert.notEqual((await rl.runAgain(again.id)).id, again.id);
  }),
);

test(
  "a cancelled task keeps its payload wherever it was, and runs again",
  withRelier(async ({ rl, worker, queue }) => {
    const waiting = await ship.apush({ id: "o-3" });
    assert.ok(await waiting.cancel());
    assert.deepEqual((await queue.inspect(waiting.id)).payload, [{ id: "o-3" }]);
    const held = rlTask("keep-held", { keepPayload: true }, async (_n: number) => {
      const { signal } = taskContext();
      await until("it is cancelled", () => signal.aborted);
      signal.throwIfAborted();
    });
    await worker();
    const running = await held.apush(5);
    await until("it runs", async () => (await running.status()).state === "running");
    await running.cancel();
    await until("it is cancelled", async () => (await running.status()).state === "cancelled");
    assert.deepEqual((await queue.inspect(running.id)).payload, [5]);
    const again = await rl.runAgain(waiting.id);
    assert.equal((await again.result() as { of: string }).of, waiting.id);
  }),
);

test(
  "what cannot run again is refused with the reason and the fix, and nothing is pushed",
  withRelier(async ({ rl, worker, queue }) => {
    const ready = await ship.apush({ id: "o-4" });
    await assert.rejects(rl.runAgain(ready.id), { code: "RL_CONFLICT", message: /it is ready/ });
    await worker();
    const gone = await dropped.apush(1);
    const dead = await dies.apush();
    await Promise.allSettled([ready.result(), gone.result(), dead.result()]);
    const before = (await queue.stats()).events["created"];
    await assert.rejects(rl.runAgain(gone.id), {
      code: "RL_CONFLICT",
      message: /^Cannot run task ".+" again: it is completed, and its payload was dropped$/,
      hint: /keepPayload: true/,
    });
    await assert.rejects(rl.runAgain(dead.id), { code: "RL_CONFLICT", hint: /release it/ });
    await assert.rejects(rl.runAgain(`default~0~${"x".repeat(22)}`), { code: "RL_NOT_FOUND" });
    await assert.rejects(rl.runAgain("nonsense"), RangeError);
    await queue.pause("pushes", "closed for the test");
    await assert.rejects(rl.runAgain(ready.id), { code: "RL_ADMISSION", reason: "closed" });
    await queue.resume();
    assert.equal((await queue.stats()).events["created"], before);
  }),
);

test(
  "an edited payload of a dead task is kept like the first one",
  withRelier(async ({ worker, queue }) => {
    await worker();
    const dead = await dies.apush();
    await dead.result().catch(() => {});
    await queue.pause("claims", "for the test");
    assert.deepEqual(await queue.release([{ id: dead.id, payload: [] }]), []);
    assert.ok(await dead.cancel());
    assert.deepEqual((await queue.inspect(dead.id)).payload, []);
  }),
);
