/**
 * Stored data that cannot be read, as a damaged backup or another program leaves it: it harms
 * one task at most, the audit names it, and a repair puts it right.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { localOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { rlTask, type TaskHandle } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

type Plain = string | number | boolean | readonly Plain[] | { readonly [name: string]: Plain };

/** Packs a value as MessagePack, as Redis's scripts do. */
function packed(value: Plain): Buffer {
  if (typeof value === "boolean") return Buffer.from([value ? 0xc3 : 0xc2]);
  if (typeof value === "number") {
    const bytes = Buffer.alloc(9);
    bytes[0] = 0xcb;
    bytes.writeDoubleBE(value, 1);
    return bytes;
  }
  if (typeof value === "string") {
    const text = Buffer.from(value);
    return Buffer.concat([Buffer.from([0xda, text.length >> 8, text.length & 255]), text]);
  }
  if (Array.isArray(value)) {
    return Buffer.concat([Buffer.from([0x90 + value.length]), ...value.map(packed)]);
  }
  const entries = Object.entries(value as Record<string, Plain>);
  const parts = entries.flatMap(([name, each]) => [packed(name), packed(each)]);
  return Buffer.concat([Buffer.from([0x80 + entries.length]), ...parts]);
}

const ready = { state: "ready", order: 1e12 };

/** Contents that may stand where the record of a task was. */
const damages: Readonly<Record<string, Buffer>> = {
  "bytes that mean nothing": Buffer.from("\u00c1garbage", "latin1"),
  "half of a record": packed({ ...ready, worker: "w1" }).subarray(0, 20),
  "nothing": Buffer.alloc(0),
  "text": Buffer.from("OK"),
  "a number": packed(5),
  "a list": packed([1, 2]),
  "a map without a state": packed({ order: 1e12 }),
  "a map without its order": packed({ state: "ready" }),
  "an unknown state": packed({ ...ready, state: "flying" }),
  "a state that is a number": packed({ ...ready, state: 7 }),
  "an order that is text": packed({ ...ready, order: "first" }),
  "an order that is no number": packed({ ...ready, order: NaN }),
  "an order without end": packed({ ...ready, order: Infinity }),
  "a priority of a thousand": packed({ ...ready, priority: 1000 }),
  "failures that are a list": packed({ ...ready, failures: [1] }),
  "a worker that is a number": packed({ ...ready, worker: 5 }),
  "a history that is text": packed({ ...ready, history: "long" }),
  "half of an attempt in its history": packed({ ...ready, history: [1, "w1"] }),
  "lists in its history": packed({ ...ready, history: [1, [], 2, "failed"] }),
  "a trace that is true": packed({ ...ready, trace: true }),
};

async function spoil(lab: Lab, handle: TaskHandle<unknown>, bytes: Buffer): Promise<string> {
  const id = localOf(handle.id, lab.partition);
  await lab.redis.hset(lab.key("record"), id, bytes);
  return id;
}

function ends(handles: readonly TaskHandle<unknown>[]): Promise<unknown[]> {
  return Promise.all(handles.map((handle) => handle.result().catch((error) => error.code)));
}

test(
  "records that cannot be read stop no other task, and their tasks are dead with their payloads",
  withRelier(async (lab) => {
    const job = rlTask("sound", (n: number) => n);
    const all = Object.values(damages);
    const handles = await job.apushMany(all.flatMap((_, n) => [[2 * n], [2 * n + 1]]));
    const broken = handles.filter((_, n) => n % 2 === 1);
    const sound = handles.filter((_, n) => n % 2 === 0);
    for (const [n, handle] of broken.entries()) await spoil(lab, handle, all[n]!);
    await lab.worker({ concurrency: 4 });
    assert.deepEqual(await ends(sound), sound.map((_, n) => 2 * n));
    await until("the others are dead", async () => {
      return (await lab.queue.stats()).counts.dead === broken.length;
    });
    for (const [n, handle] of broken.entries()) {
      const { reason, payload, error, worker } = await lab.queue.inspect(handle.id);
      assert.deepEqual([reason, payload], ["corrupt", [2 * n + 1]], Object.keys(damages)[n]);
      assert.equal(worker, "unknown");
      assert.match(error!.message, /Cannot read the stored record/);
    }
    await lab.queue.release(broken.map(({ id }) => id));
    assert.deepEqual(await ends(broken), broken.map((_, n) => 2 * n + 1));
  }),
);

test(
  "scheduled tasks whose records cannot be read stop no sweep: the dead come back, and the due become ready",
  withRelier(async (lab) => {
    const job = rlTask("later", (n: number) => n);
    const rows = Array.from({ length: 8 }, (_, n): [number] => [n]);
    const handles = await job.apushMany(rows, { delay: 50 });
    for (const handle of handles.slice(4)) await spoil(lab, handle, damages["a list"]!);
    await lab.worker();
    assert.deepEqual(await ends(handles.slice(0, 4)), [0, 1, 2, 3]);
    await until("the others are dead", async () => (await lab.queue.stats()).counts.dead === 4);
  }),
);

test(
  "a running task whose record cannot be read is dead after its lease, and its worker goes on",
  withRelier(async (lab) => {
    let end = () => {};
    const over = new Promise<void>((resolve) => end = resolve);
    const job = rlTask("held", async (waits: boolean) => waits ? await over : undefined);
    const worker = await lab.worker({ lease: 1000 });
    const handle = await job.apush(true);
    await until("it runs", async () => (await lab.queue.stats()).counts.running === 1);
    await spoil(lab, handle, damages["half of a record"]!);
    await until("it is dead", async () => (await lab.queue.stats()).counts.dead === 1);
    end();
    assert.equal(await job.call(false), undefined);
    await worker.drain();
    await lab.queue.repair();
    assert.equal((await lab.queue.inspect(handle.id)).reason, "corrupt");
  }),
);

test(
  "two hundred results that cannot be read do not keep the others from being purged",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    for (let n = 0; n < 201; n++) {
      const id = await moves.push();
      await moves.settle(await moves.claim(), "complete");
      if (n < 200) await moves.spoil(id);
      await moves.age("completed", id, n < 200 ? -2 : -1);
    }
    for (let n = 0; n < 3; n++) await moves.sweep();
    assert.deepEqual(await redis.hlen(key("record")), 0);
  }),
);

test(
  "steps that cannot be read are never run again: their task is dead",
  withRelier(async (lab) => {
    let effects = 0;
    const job = rlTask(
      "unreadable-steps",
      { retry: { attempts: 2, base: 400, max: 400 } },
      async () => {
        await taskStep(() => effects++);
        throw new Error("once more");
      },
    );
    const { taskContext } = await import("../../../mod.ts");
    const taskStep = (fn: () => unknown) => taskContext().step("effect", fn);
    await lab.worker();
    const handle = await job.apush();
    const id = localOf(handle.id, lab.partition);
    await until("it has failed", async () => (await handle.status()).state === "scheduled");
    await lab.redis.hset(lab.key("steps"), id, packed({ effect: 1 }));
    assert.deepEqual(await ends([handle]), ["RL_TASK_FAILED"]);
    assert.equal(effects, 1);
    assert.match((await lab.queue.inspect(handle.id)).error!.message, /stored steps/);
  }),
);

test(
  "a place in line of a task that is elsewhere is dropped, and the task does not run again",
  withRelier(async (lab) => {
    let runs = 0;
    const job = rlTask("elsewhere", () => ++runs);
    await lab.worker();
    const handle = await job.apush();
    await handle.result();
    await lab.redis.zadd(lab.key("ready"), 1, localOf(handle.id, lab.partition));
    await job.call();
    await until("the place is gone", async () => await lab.redis.zcard(lab.key("ready")) === 0);
    assert.equal(runs, 2);
  }),
);

test(
  "a score that no push makes harms its own task only",
  withRelier(async (lab) => {
    const job = rlTask("odd-score", (n: number) => n);
    const handles = await job.apushMany([[0], [1], [2], [3]]);
    const scores = ["inf", "-inf", "-5"];
    for (const [n, score] of scores.entries()) {
      await lab.redis.zadd(lab.key("ready"), score, localOf(handles[n]!.id, lab.partition));
    }
    await lab.worker();
    assert.deepEqual(await ends(handles.slice(3)), [3]);
    await until("the others are dead", async () => (await lab.queue.stats()).counts.dead === 3);
  }),
);

test(
  "the entry of a worker that cannot be read stops neither sweeps nor lists, and is named and deleted",
  withRelier(async (lab) => {
    const { moves, redis, key, queue } = lab;
    await moves.push();
    const { id } = await moves.claim("w1");
    await redis.hset(key("worker"), "w2", damages["a list"]!);
    await redis.hset(key("worker"), "w3", packed({ beat: "now" }));
    for (const worker of ["w2", "w3"]) await redis.zadd(key("workers"), await moves.now(), worker);
    assert.deepEqual(Object.keys(await moves.crash("w1")), [id]);
    assert.equal((await queue.workers()).length, 2);
    const named = (await queue.audit()).filter((what) => what.startsWith("worker: "));
    assert.deepEqual(
      named.sort(),
      ["w2", "w3"].map((worker) => `worker: ${worker} has an entry that cannot be read`),
    );
    await queue.repair();
    assert.deepEqual(await queue.audit(), []);
  }),
);

test(
  "the audit names each record that cannot be read, and a repair keeps every payload",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    const waiting = await moves.push();
    const due = await moves.push({ delayMs: 60_000 });
    await moves.push({ priority: 9 });
    const running = (await moves.claim()).id;
    await moves.push({ priority: 9 });
    const done = await moves.claim();
    await moves.settle(done, "complete", { text: '"ok"' });
    const ids = [waiting, due, running, done.id];
    for (const id of ids) await moves.spoil(id);
    const found = await queue.audit();
    for (const id of ids) {
      assert.ok(found.some((what) => what.includes(`${id} has a record that cannot be read`)), id);
    }
    await queue.repair();
    assert.deepEqual(await queue.audit(), []);
    for (const id of [waiting, due, running]) assert.equal((await moves.facts(id)).state, "dead");
    assert.equal((await moves.facts(done.id)).state, "");
  }),
);

test(
  "a result that cannot be read is refused by name, at once",
  withRelier(async (lab) => {
    const job = rlTask("unreadable-result", () => "done");
    await lab.worker();
    const handle = await job.apush();
    await handle.result();
    await spoil(lab, handle, damages["a number"]!);
    await assert.rejects(handle.result(), { code: "RL_CORRUPT" });
    await assert.rejects(handle.status(), { code: "RL_CORRUPT" });
    await lab.queue.repair();
  }),
);

test(
  "a lock whose record cannot be read is free once its lease is over",
  withRelier(async ({ moves, redis, key }) => {
    const id = randomLocal();
    await moves.lock(id, "first");
    await moves.spoil(id);
    assert.equal((await moves.lock(id, "second"))[0], "held");
    await moves.age("running", id, -1);
    assert.equal((await moves.lock(id, "second"))[0], "ok");
    assert.equal(await redis.zcard(key("running")), 1);
    await redis.zrem(key("holds"), `nobody~${id}`);
    await moves.unlock(id, "second");
  }),
);

test(
  "a number or limit of the queue that is none is named by the audit and deleted by a repair",
  withRelier(async (lab) => {
    const { redis, key, queue } = lab;
    const job = rlTask("odd-numbers", (n: number) => n);
    await job.apush(1);
    await redis.hset(key("meta"), { limits: "depth=many rate=1/2", "limit:concurrency": "few" });
    await job.apush(1);
    await redis.hset(key("meta"), { order: "many", "n:push": "some" });
    const named = ["order", "n:push", "limits", "limit:concurrency"]
      .map((field) => `meta: ${field} has a value that cannot be read`);
    assert.deepEqual((await queue.audit()).sort(), named.sort());
    await queue.repair();
    assert.deepEqual(await queue.audit(), []);
    await lab.worker();
    assert.equal(await job.call(2), 2);
  }),
);

test(
  "a task whose record cannot be read is listed and shown where it is",
  withRelier(async (lab) => {
    const { moves, queue } = lab;
    const id = await moves.push({ delayMs: 60_000 });
    await moves.spoil(id);
    const { tasks } = await queue.page("scheduled");
    assert.deepEqual(tasks.map(({ state, reason }) => [state, reason]), [["scheduled", "corrupt"]]);
    const { state, dueAt, payload } = await queue.inspect(tasks[0]!.id);
    assert.deepEqual([state, dueAt! > new Date(), payload], ["scheduled", true, []]);
    await queue.repair();
  }),
);

test(
  "an entry that another program wrote hides neither the queues nor the log of actions",
  withRelier(async ({ rl, redis, prefix, moves }) => {
    await rl.recordAction({ actor: "ada", action: "queue.pause", target: "a", surface: "cli" });
    const now = await moves.now();
    await redis.zadd(`${prefix}:{relier.queues~0}:queues`, now, "no name!", now, "mail");
    await redis.zadd(`${prefix}:{relier.queues~0}:actions`, 1, "no entry");
    assert.deepEqual((await rl.queues()).map(({ name }) => name), ["mail"]);
    assert.deepEqual((await rl.actions()).actions.map(({ actor }) => actor), ["ada"]);
  }),
);
