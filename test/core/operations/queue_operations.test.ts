/**
 * Operations on tasks. An operator releases dead tasks, unchanged or amended, moves
 * tasks between servers, and starts waiting ones at once. Finished ones are deleted,
 * and the tasks of a crashed worker are brought back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import { idOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { type ExportedTask, rlTask, taskContext, type TaskDetails } from "../../../mod.ts";
import { engineName } from "../../support/engines.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const strict = { retry: { attempts: 1 } } as const;
const half = rlTask("half", strict, (n: unknown) => {
  if (typeof n !== "number") throw new TypeError("no number");
  return n / 2;
});
const order = rlTask(
  "order-mended",
  { input: v.object({ cents: v.pipe(v.number(), v.minValue(1)) }), ...strict },
  (input: { cents: number }) => {
    if (input.cents > 100) throw new RangeError("too much");
    return input.cents;
  },
);

/** The record of a dead task, as its handler left it. */
async function died({ queue }: Lab, handle: { id: string }): Promise<TaskDetails> {
  await until("it is dead", async () => (await queue.inspect(handle.id)).state === "dead");
  return await queue.inspect(handle.id);
}

test(
  "a dead task is released with another payload, and completes",
  withRelier(async (lab) => {
    const { queue, worker } = lab;
    const headers = { traceparent: "00-2" };
    const handle = await half.with({ headers }).apush("eight");
    await worker();
    await died(lab, handle);
    assert.deepEqual(await queue.release([{ id: handle.id, payload: [8] }]), []);
    assert.equal(await bounded("the result", handle.result()), 4);
    assert.deepEqual((await queue.inspect(handle.id)).history.map(({ cause }) => cause), [
      "attempts",
      "completed",
    ]);
  }),
);

test(
  "a released payload is checked as a pushed one is, and one refusal stops the whole move",
  withRelier(async (lab) => {
    const { queue, worker, tasks } = lab;
    const handles = [await half.apush("x"), await order.apush({ cents: 101 })];
    const w = await worker();
    for (const handle of handles) await died(lab, handle);
    await w.drain();
    const [plain, checked] = handles.map(({ id }) => id) as [string, string];
    const before = await tasks();
    const bad = (id: string, payload: unknown) =>
      queue.release([plain, { id, payload }]) as Promise<unknown>;
    await assert.rejects(bad(checked, { cents: 0 }), { code: "RL_VALIDATION" });
    await assert.rejects(bad(plain, 5), { code: "RL_VALIDATION" });
    await assert.rejects(bad(plain, [1n]), { code: "RL_VALIDATION" });
    await assert.rejects(bad(plain, ["x".repeat(1_100_000)]), { code: "RL_PAYLOAD_TOO_LARGE" });
    await assert.rejects(queue.release([{ id: plain, payload: [1], more: 1 } as never]), TypeError);
    assert.deepEqual(await tasks(), before);
    const missed = idOf({ queue: "default", index: 0, root: "" }, randomLocal());
    assert.deepEqual(
      await queue.release([{ id: checked, payload: { cents: 7 } }, { id: missed, payload: [] }]),
      [missed],
    );
    assert.deepEqual((await queue.inspect(checked)).payload, { cents: 7 });
  }),
);

test(
  "a process without the task may still release it with another payload",
  withRelier(async (lab) => {
    const { client, worker, queue } = lab;
    const handle = await half.apush("x");
    await worker();
    await died(lab, handle);
    const stranger = client({ tasks: [] });
    await stranger.queue("default").release([{ id: handle.id, payload: [2] }]);
    assert.equal(await bounded("the result", handle.result()), 1);
    assert.equal((await queue.stats()).events["release"], 1);
  }),
);

test(
  "an unreadable dead task is released only unchanged",
  withRelier(async ({ moves, queue, partition }) => {
    await moves.push({ envelope: "{" });
    const claim = await moves.claim();
    await moves.settle(claim, "bury", { text: "corrupt" });
    const id = idOf(partition, claim.id);
    await assert.rejects(queue.release([{ id, payload: [] }]), { code: "RL_CORRUPT" });
    assert.deepEqual(await queue.release([id]), []);
  }),
);

test(
  "hundreds of large payloads are released in bounded steps",
  withRelier(async ({ moves, queue, partition }) => {
    await moves.pushRows(Array.from({ length: 12 }, () => ({})));
    const { tasks } = await moves.turn({ slots: 12 });
    for (const claim of tasks) await moves.settle(claim, "bury");
    const payload = ["x".repeat(500_000)];
    const revisions = tasks.map(({ id }) => ({ id: idOf(partition, id), payload }));
    assert.deepEqual(await queue.release(revisions), []);
    assert.equal((await queue.stats()).counts.ready, 12);
  }),
);

test(
  "a task that was exported, discarded, restored and released completes, its history with it",
  withRelier(async (lab) => {
    const { queue, worker, rl } = lab;
    const options = { idempotencyKey: "k", priority: 7, tenant: "acme" };
    const handle = await half.with(options).apush("x");
    await worker();
    const details = await died(lab, handle);
    const line = JSON.parse(JSON.stringify(details)) as ExportedTask;
    assert.deepEqual(await queue.discard([handle.id]), []);
    await assert.rejects(handle.status(), { code: "RL_NOT_FOUND" });
    assert.deepEqual(await queue.restore([line]), []);
    const { facts: then, ...same } = details;
    const { facts: now, ...again } = await queue.inspect(handle.id);
    assert.deepEqual(again, { ...same, worker: null, since: null });
    for (const name of ["failures", "priority", "tenant", "print"]) {
      assert.equal(now[name], then[name], name);
    }
    assert.deepEqual(await queue.restore([line]), [handle.id], "it is there");
    await assert.rejects(half.with({ ...options, ifDead: "join" }).apush("y"), {
      code: "RL_CONFLICT",
    });
    await queue.release([{ id: handle.id, payload: [6] }]);
    assert.equal(await bounded("the result", rl.handle(handle.id).result()), 3);
  }),
);

test(
  "results of steps go wherever their task goes: they are not done again",
  withRelier(async (lab) => {
    const { queue, worker, rl } = lab;
    let mended = false;
    const ran: string[] = [];
    const charge = rlTask("charge-once", { ...strict, replace: true }, async (card: string) => {
      const ctx = taskContext<{ page: number }>();
      const odd = await ctx.step("öäü 3:x", () => (ran.push("charge"), { receipt: `ü ${card}` }));
      await ctx.step("nothing", () => void ran.push("nothing"));
      ctx.partialResult = { page: 7 };
      await ctx.heartbeat();
      if (!mended) throw new Error("not yet");
      return [odd, ctx.previous?.partialResult];
    });
    const handle = await charge.apush("4711");
    await worker();
    const details = await died(lab, handle);
    const line = JSON.parse(JSON.stringify(details)) as ExportedTask;
    await queue.discard([handle.id]);
    assert.deepEqual(await queue.restore([line]), []);
    const { steps, partialResult } = await queue.inspect(handle.id);
    assert.deepEqual([steps, partialResult], [details.steps, '{"page":7}']);
    mended = true;
    await queue.release([handle.id]);
    const result = await bounded("the result", rl.handle(handle.id).result());
    assert.deepEqual(result, [{ receipt: "ü 4711" }, { page: 7 }]);
    assert.deepEqual(ran, ["charge", "nothing"]);
  }),
);

test(
  "a restored task may be a name and a payload, or an unreadable envelope",
  withRelier(async ({ queue, worker, rl }) => {
    const old = new Date("2025-01-02T03:04:05Z");
    assert.deepEqual(await queue.restore([{ name: "half", payload: [10], at: old }]), []);
    assert.deepEqual(await queue.restore([{ name: "", envelope: "{{", reason: "corrupt" }]), []);
    const { tasks } = await queue.page("dead");
    assert.deepEqual(tasks.map(({ name, reason }) => [name, reason]), [["half", "restored"], [
      "",
      "corrupt",
    ]]);
    assert.deepEqual(tasks[0]!.at, old);
    await queue.release(tasks.map(({ id }) => id));
    await worker();
    assert.equal(await bounded("the result", rl.handle(tasks[0]!.id).result()), 5);
    await until("the other is dead again", async () => (await queue.stats()).counts.dead === 1);
  }),
);

test(
  "a line that is no exported task is refused by its number, and nothing of the others is restored",
  withRelier(async ({ queue, dump, partition }) => {
    const good = { name: "half", payload: [1] };
    const id = idOf(partition, randomLocal());
    const before = await dump();
    for (
      const bad of [
        null,
        "half",
        {},
        { name: "half" },
        { name: "", payload: [] },
        { name: "no name", payload: [] },
        { name: "half", payload: 5 },
        { name: "half", payload: [1], at: "yesterday" },
        { name: "half", payload: [1], reason: "a\nb" },
        { name: "half", payload: [1], id: "elsewhere~0~" + randomLocal() },
        { name: "half", payload: [1], history: [{ start: "x" }] },
        { name: "half", payload: [1], facts: { failures: "-1" } },
        { name: "half", payload: [1], facts: { priority: "101" } },
        { name: "half", payload: [1], partialResult: 5 },
        { name: "half", payload: [1], steps: [{ name: "a\nb", value: "1" }] },
        { name: "half", payload: [1], steps: [{ name: "a", value: `"${"x".repeat(270_000)}"` }] },
        { name: "half", payload: [1], steps: Array(140_000).fill({ name: "", value: "" }) },
        { name: "half", envelope: "x".repeat(1_200_000) },
        { name: "order-mended", payload: { cents: 0 } },
      ]
    ) {
      await assert.rejects(queue.restore([{ ...good, id }, bad as never]), (error: Error) => {
        assert.ok(error instanceof RangeError || "code" in error, String(error));
        return true;
      });
    }
    assert.deepEqual(await dump(), before);
    assert.deepEqual(await queue.restore([]), []);
  }),
);

test(
  "a scheduled task is made ready before it is due, others are named",
  withRelier(async ({ queue, worker, moves, partition }) => {
    const handle = await half.with({ delay: "1h" }).apush(2);
    const ready = idOf(partition, await moves.push());
    const unknown = idOf(partition, randomLocal());
    assert.deepEqual(await queue.promote([handle.id, ready, unknown]), [ready, unknown]);
    await worker();
    assert.equal(await bounded("the result", handle.result()), 1);
  }),
);

test(
  "nothing an operator does to a paused queue wakes a worker",
  withRelier(async ({ queue, moves, redis, key }) => {
    await queue.pause("claims", "for a while");
    const waiting = await moves.push({ delayMs: 3_600_000 });
    await moves.restore({ id: "d".repeat(22) });
    await moves.promote([waiting]);
    await moves.release(["d".repeat(22)]);
    await queue.limit({ concurrency: 5 });
    assert.equal((await queue.stats()).counts.ready, 2);
    assert.equal(await redis.llen(key("bell")), 0);
    await queue.resume();
    assert.equal(await redis.llen(key("bell")), 1);
  }),
);

test(
  "finished tasks are forgotten when asked, others are named",
  withRelier(async ({ queue, moves, partition }) => {
    const ids: string[] = [];
    for (const event of ["complete", "bury", "stop"] as const) {
      await moves.push();
      const claim = await moves.claim();
      await moves.settle(claim, event);
      ids.push(idOf(partition, claim.id));
    }
    const waiting = idOf(partition, await moves.push());
    assert.deepEqual(await queue.discard([...ids, waiting]), [waiting]);
    const { counts, events } = await queue.stats();
    assert.deepEqual([counts.completed, counts.dead, counts.cancelled, counts.ready], [0, 0, 0, 1]);
    assert.equal(events["discard"], 3);
  }),
);

test(
  "tasks of a worker that is known to have died run again at once, with the reason",
  withRelier(async ({ queue, moves, worker, partition, redis, key }) => {
    const took: number[] = [];
    await worker({ phoenix: false });
    for (let i = 0; i < 9; i++) {
      const gone = `gone-${i}`;
      // The waiting worker gets no notice: no bell rings.
      await queue.pause("claims", "so that it gets none of it");
      const id = await moves.push({ envelope: '{"v":1,"name":"half","payload":[2]}' });
      await redis.hdel(key("meta"), "paused");
      const { tasks } = await moves.turn({ worker: gone, slots: 1 });
      assert.deepEqual(tasks.map((task) => task.id), [id]);
      const start = performance.now();
      assert.deepEqual(await queue.evict(gone, "SIGKILL"), [{
        id: idOf(partition, id),
        name: "half",
        worker: gone,
        cause: "SIGKILL",
        state: "scheduled",
        reason: "SIGKILL",
        deaths: 1,
        allowed: 5,
        failures: 0,
      }]);
      await until("it is done", async () => (await moves.facts(id)).state === "completed");
      took.push(performance.now() - start);
      const { history } = await queue.inspect(idOf(partition, id));
      assert.deepEqual(history.map(({ cause }) => cause), ["SIGKILL", "completed"]);
    }
    const median = took.sort((a, b) => a - b)[4]!;
    // The speed depends on the server.
    assert.ok(
      engineName === "memory" || median < scaled(200),
      `the median of nine took ${median} ms`,
    );
    assert.deepEqual(await queue.evict("gone-0", "exit 1"), [], "it holds nothing any more");
  }),
);

test(
  "evicting a worker of hundreds brings all of it back, and nothing of others",
  withRelier(async ({ queue, moves }) => {
    for (let i = 0; i < 3; i++) await moves.pushRows(Array.from({ length: 150 }, () => ({})));
    await moves.turn({ worker: "lost", slots: 200 });
    await moves.turn({ worker: "lost", slots: 200, call: "1" });
    await moves.turn({ worker: "alive", slots: 50 });
    assert.equal((await queue.evict("lost", "out of memory")).length, 400);
    const { counts, causes } = await queue.stats();
    assert.deepEqual([counts.running, causes], [50, { "out of memory": 400 }]);
    assert.equal(counts.ready + counts.scheduled, 400);
    await assert.rejects(queue.evict("lost", ""), RangeError);
    await assert.rejects(queue.evict(5 as never, "x"), TypeError);
  }),
);

test(
  "a manual sweep leaves a worker alone that has a longer lease",
  withRelier(async ({ queue, moves, redis, key }) => {
    await moves.push();
    const claim = await moves.claim("slow");
    await moves.beat("slow", [claim]);
    const minute = await moves.now() - 300_000;
    await redis.eval(
      `local entry = cmsgpack.unpack(redis.call("HGET", KEYS[1], "slow"))
     entry.beat, entry.lease = tonumber(ARGV[1]), 3600000
     redis.call("HSET", KEYS[1], "slow", cmsgpack.pack(entry))`,
      1,
      key("worker"),
      String(minute),
    );
    const { resurrected, nextMs } = await queue.sweep();
    assert.deepEqual(resurrected, []);
    assert.ok(nextMs > 0 && nextMs <= 2000);
    assert.deepEqual((await queue.workers()).map(({ id }) => id), ["slow"]);
  }),
);
