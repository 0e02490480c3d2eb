/**
 * Commands from an operator to a worker: it obeys at once, once, and for all of its
 * queues. Meanwhile it reports its state.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Queue, rlTask, taskContext, type Worker, type WorkerEntry } from "../../../mod.ts";
import { withRelier } from "../../support/relier.ts";
import { here } from "../../support/runtimes.ts";
import { bounded, until } from "../../support/until.ts";

const noop = rlTask(
  "noop-ordered",
  { version: 3, migrate: { 1: (x) => x, 2: (x) => x } },
  (n: number) => n,
);

/** Over HTTP a command arrives with the next heartbeat, which is soon with this profile. */
const profile = "fast";

/** A task that runs until the test or its worker ends it. */
function lasting(name: string) {
  const gate = { running: 0, open: () => {} };
  const task = rlTask(name, async () => {
    gate.running++;
    await Promise.race([
      new Promise<void>((resolve) => gate.open = resolve),
      new Promise((resolve) => taskContext().signal.addEventListener("abort", resolve)),
    ]);
    gate.running--;
  });
  return Object.assign(gate, { task });
}

async function entryOf(queue: Queue, worker: Worker): Promise<WorkerEntry | undefined> {
  return (await queue.workers()).find(({ id }) => id === worker.id);
}

test(
  "a worker reports its identity, its tasks and its state",
  withRelier(async ({ worker, queue }) => {
    const gate = lasting("lasting-about");
    const w = await worker({ name: "mailer", supervisor: "s-1", concurrency: 3 });
    await gate.task.apush();
    await until("it runs and was seen", async () => {
      const entry = await entryOf(queue, w);
      return entry?.running === 1 && entry.seen;
    });
    const { info, lastBeat, missingMs, command, paused } = (await entryOf(queue, w))!;
    assert.deepEqual([missingMs, command, paused], [0, null, false]);
    assert.deepEqual([info.name, info.supervisor, info.concurrency, info.queues, info.state], [
      "mailer",
      "s-1",
      3,
      ["default"],
      "working",
    ]);
    assert.equal(info.process, process.pid);
    assert.deepEqual([info.runtime, info.version], [here, process.versions[here]]);
    assert.ok(info.rssMb > 10 && info.host.length > 0);
    assert.ok(info.tasks.some(({ name, version }) => name === "noop-ordered" && version === 3));
    assert.ok(Math.abs(Date.parse(info.startedAt) - Date.now()) < 10_000);
    assert.ok(Math.abs(lastBeat.getTime() - Date.now()) < 10_000);
    assert.deepEqual((await queue.heldBy(w.id)).map(({ name }) => name), ["lasting-about"]);
    gate.open();
  }),
);

test(
  "a paused worker claims nothing, finishes its running tasks, leaves bells to others, and continues on command",
  withRelier(async ({ worker, queue }) => {
    const gate = lasting("lasting-pause");
    const w = await worker({ concurrency: 2, profile });
    const running = await gate.task.apush();
    await until("it runs", () => gate.running === 1);
    await queue.commandWorker(w.id, { do: "pause" });
    await until("it says so", async () => (await entryOf(queue, w))?.paused === true);
    assert.equal(w.health().consuming, false);
    const waiting = await noop.apush(1);
    gate.open();
    await bounded("what ran", running.result());
    assert.equal((await waiting.status()).state, "ready");
    const other = await worker({ profile });
    assert.equal(await bounded("another takes it", waiting.result()), 1);
    await other.drain();
    const late = await noop.apush(2);
    await queue.commandWorker(w.id, { do: "resume" });
    assert.equal(await bounded("it goes on", late.result()), 2);
    await until("it says so", async () => {
      const entry = await entryOf(queue, w);
      return entry?.paused === false && entry.command === null;
    });
  }),
);

test(
  "an order to drain acts as a signal, and the worker reports the tasks that it left",
  withRelier(async ({ worker, queue }) => {
    const gate = lasting("lasting-drain");
    const orders: (string | undefined)[] = [];
    const w = await worker({ profile });
    w.on("ordered", ({ reason }) => orders.push(reason));
    await gate.task.apush();
    await until("it runs", () => gate.running === 1);
    await queue.commandWorker(w.id, { do: "drain", timeout: "1h" });
    await until("it says so", async () => (await entryOf(queue, w))?.info.state === "draining");
    assert.equal((await queue.heldBy(w.id)).length, 1);
    await queue.commandWorker(w.id, { do: "drain", timeout: 0 });
    await until("it has got both", () => orders.length === 2);
    assert.equal(gate.running, 1, "the same order is no reason to hurry");
    await queue.commandWorker(w.id, { do: "stop" });
    await bounded("its end", w.stopped);
    assert.deepEqual(await w.drain(), {
      completed: 0,
      handedOff: 1,
      unsettled: 0,
      lost: 0,
      command: "stop",
    });
    assert.deepEqual(orders, ["drain", "drain", "stop"]);
    assert.deepEqual(await queue.workers(), []);
    await assert.rejects(queue.commandWorker(w.id, { do: "pause" }), { code: "RL_NOT_FOUND" });
  }),
);

test(
  "a restart drains, and reports that a new worker is wanted",
  withRelier(async ({ worker, queue }) => {
    const w = await worker({ profile });
    await queue.commandWorker(w.id, { do: "restart" });
    await bounded("its end", w.stopped);
    assert.equal((await w.drain()).command, "restart");
  }),
);

test(
  "an order given in one queue holds for the whole worker, and is obeyed once",
  withRelier(async ({ worker, client }) => {
    const rl = client();
    const orders: (string | undefined)[] = [];
    const w = await worker({ queues: ["one", "two"], profile }, rl);
    w.on("ordered", ({ reason }) => orders.push(reason));
    await rl.queue("one").commandWorker(w.id, { do: "pause" });
    for (const name of ["one", "two"]) {
      await until(`queue ${name} knows`, async () => (await entryOf(rl.queue(name), w))!.paused);
    }
    const handle = await noop.with({ queue: "two" }).apush(1);
    await rl.queue("two").commandWorker(w.id, { do: "resume" });
    assert.equal(await bounded("the task", handle.result()), 1);
    assert.deepEqual(orders, ["pause", "resume"]);
  }),
);

test(
  "an order whose message was missed is obeyed with the next beat",
  withRelier(async ({ worker, queue, redis, key }) => {
    const w = await worker({ lease: "1s" });
    // The command is stored as if no worker had listened.
    await redis.eval(
      `local entry = cmsgpack.unpack(redis.call("HGET", KEYS[1], ARGV[1]))
       entry.order = "token pause"
       redis.call("HSET", KEYS[1], ARGV[1], cmsgpack.pack(entry))`,
      1,
      key("worker"),
      w.id,
    );
    await until("it obeys", async () => (await entryOf(queue, w))?.paused === true);
  }),
);

test(
  "an order is repeatable, and an impossible one is refused",
  withRelier(async ({ queue, moves }) => {
    await moves.beat("w1", []);
    await queue.commandWorker("w1", { do: "drain", timeout: "5s" });
    const { order } = await moves.beat("w1", []);
    assert.match(order, /^[\w-]{22} drain 5000$/);
    assert.equal((await queue.workers())[0]!.command, "drain");
    assert.equal((await moves.beat("w1", [])).order, order, "until it says that it has obeyed");
    assert.equal((await moves.beat("w1", [], order)).order, "");
    assert.equal((await queue.workers())[0]!.command, null);
    const bad = (order: unknown) => queue.commandWorker("w1", order as never);
    await assert.rejects(bad({ do: "dance" }), RangeError);
    await assert.rejects(bad({ do: "pause", timeout: 5 }), TypeError);
    await assert.rejects(bad({ do: "drain", timeout: "soon" }), TypeError);
    await assert.rejects(bad(null), TypeError);
    assert.equal((await moves.beat("w1", [])).order, "");
  }),
);

test(
  "a worker that is paused or drains leaves the lane to another",
  withRelier(async ({ worker, moves, queue, redis, key }) => {
    const w = await worker({ profile });
    await queue.commandWorker(w.id, { do: "pause" });
    await until("it says so", async () => (await entryOf(queue, w))?.paused === true);
    await redis.hset(key("meta"), "lane", w.id, "laneUntil", String(await moves.now() + 1000));
    await until("it gave it up", async () => (await queue.stats()).phoenix.lane === null);
  }),
);
