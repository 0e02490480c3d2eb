/**
 * Workers of one queue that know different tasks: each task reaches a worker that knows it
 * within milliseconds, and dies as unroutable only if none did.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { rlTask, type Task, taskContext } from "../../../mod.ts";
import { engineName } from "../../support/engines.ts";
import type { Moves } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const mail = rlTask("routed-mail", () => taskContext().workerId);
const pdf = rlTask("routed-pdf", () => taskContext().workerId);

/** Sooner than a task is tried again that no worker knows; over HTTP no message wakes a worker. */
const soon = engineName === "upstash" ? "12s" : "4s";

const envelope = (name: string, version = 1) =>
  `{"v":1,"name":"${name}",${version === 1 ? "" : `"taskVersion":${version},`}"payload":[]}`;

/** Lets workers report what they know: `able` knows pdf, `ignorant` does not. */
async function report(moves: Moves, version = 1): Promise<void> {
  await moves.beat("able", [], "", "", [{ name: "pdf", version }]);
  await moves.beat(
    "ignorant",
    [],
    "",
    "",
    [{ name: "mail", version: 1 }, { name: "pdf", version: 1 }]
      .filter(({ name }) => version > 1 || name !== "pdf"),
  );
}

/** The ids that `worker` gets. */
async function claimedBy(moves: Moves, worker: string, slots = 5): Promise<string[]> {
  return (await moves.turn({ worker, slots })).tasks.map(({ id }) => id);
}

/** Settles a claim as a worker does that does not know the task. */
async function deferBy(moves: Moves, worker: string, needs = "pdf 1"): Promise<void> {
  const { tasks: [claim] } = await moves.turn({ worker, slots: 1 });
  const row = { ...claim!, event: "defer", ms: 5000, text: "its worker does not know it" };
  await moves.turn({ worker, rows: [{ ...row, error: "", partial: "", name: "", needs }] });
}

for (const version of [1, 2]) {
  const what = version === 1 ? "does not know" : "knows in an older version only";
  test(
    `a worker is not given a task that it ${what}, while another worker knows it`,
    withRelier(async ({ moves }) => {
      await report(moves, version);
      const id = await moves.push({ envelope: envelope("pdf", version) });
      const other = await moves.push({ envelope: envelope("mail") });
      assert.deepEqual(await claimedBy(moves, "ignorant"), [other]);
      assert.deepEqual(await claimedBy(moves, "able"), [id]);
    }),
  );
}

test(
  "a long line of tasks of one service does not hold up the tasks of another behind it",
  withRelier(async ({ moves }) => {
    await report(moves);
    await moves.pushRows(Array.from({ length: 100 }, () => ({ envelope: envelope("pdf") })));
    const behind = await moves.push({ envelope: envelope("mail") });
    let turns = 0;
    for (let got: string[] = []; got[0] !== behind; turns++) {
      const { tasks, nextMs } = await moves.turn({ worker: "ignorant", slots: 10 });
      got = tasks.map(({ id }) => id);
      assert.ok(got.length > 0 || nextMs === 0, "it comes again at once");
    }
    assert.equal(turns, 11);
    assert.equal((await claimedBy(moves, "able", 200)).length, 100);
  }),
);

test(
  "tasks that waited for a worker are claimed by priority, then in the order of their arrival",
  withRelier(async ({ moves }) => {
    await report(moves);
    const [first, second, urgent] = [
      await moves.push({ envelope: envelope("pdf") }),
      await moves.push({ envelope: envelope("pdf") }),
      await moves.push({ envelope: envelope("pdf"), priority: 7 }),
    ];
    assert.deepEqual(await claimedBy(moves, "ignorant"), []);
    assert.deepEqual(await claimedBy(moves, "able"), [urgent, first, second]);
  }),
);

test(
  "a task that no live worker knew runs at once on the first that does, as after a deploy",
  withRelier(async (lab) => {
    const [old, next] = [lab.client({ tasks: [mail] }), lab.client({ tasks: [mail, pdf] })];
    await lab.worker({}, old);
    const handle = await next.apush(pdf);
    await until("it is deferred", async () => (await handle.status()).state === "scheduled");
    const deployed = await lab.worker({}, next);
    assert.equal(await handle.result({ timeout: soon }), deployed.id);
  }),
);

test(
  "two services share a queue, and no task of either waits for a worker of the other",
  withRelier(async (lab) => {
    const clients = [lab.client({ tasks: [mail] }), lab.client({ tasks: [pdf] })] as const;
    const workers = [await lab.worker({}, clients[0]), await lab.worker({}, clients[1])];
    const deferrals: string[] = [];
    for (const worker of workers) worker.on("deferred", ({ name }) => deferrals.push(name));
    for (let i = 0; i < 40; i++) {
      const handle = await clients[i % 2]!.apush(i % 2 ? pdf : mail as Task);
      assert.equal(await handle.result({ timeout: soon }), workers[i % 2]!.id);
    }
    assert.deepEqual(deferrals, []);
  }),
);

test(
  "the only worker that knows a task gets it, though many others are idle",
  withRelier(async (lab) => {
    const [many, one] = [lab.client({ tasks: [mail] }), lab.client({ tasks: [pdf] })];
    const able = await lab.worker({}, one);
    for (let i = 0; i < 8; i++) await lab.worker({}, many);
    const handles = await one.apushMany(pdf, Array.from({ length: 30 }, (): [] => []));
    for (const handle of handles) assert.equal(await handle.result({ timeout: soon }), able.id);
  }),
);

test(
  "a task that a worker learns to know while it runs is not left to others",
  withRelier(async (lab) => {
    await lab.worker({ lease: "1s" });
    const late = rlTask("routed-late", () => taskContext().workerId);
    await lab.worker({}, lab.client({ tasks: [mail] }));
    await until("it has reported that", async () => {
      const workers = await lab.queue.workers();
      return workers.some(({ info }) => info.tasks.some(({ name }) => name === "routed-late"));
    });
    const handle = await lab.rl.apush(late);
    await handle.result({ timeout: soon });
  }),
);

test(
  "the time without a worker that knows a task ends when one starts it",
  withRelier(async (lab) => {
    const { moves } = lab;
    const id = await moves.push({ envelope: envelope("pdf") });
    await deferBy(moves, "ignorant");
    await forget(lab, id, 3_600_000);
    await moves.age("scheduled", id, -1);
    await moves.sweep();
    const { tasks: [claim] } = await moves.turn({ worker: "able", slots: 1 });
    assert.ok(claim!.unknownMs >= 3_600_000);
    await moves.settle(claim!, "retry", { ms: 1 });
    await moves.age("scheduled", id, -1);
    await moves.sweep();
    assert.equal((await moves.turn({ worker: "ignorant", slots: 1 })).tasks[0]!.unknownMs, 0);
  }),
);

test(
  "a task is not unroutable while a live worker knows it, however busy that is",
  withRelier(async (lab) => {
    const { moves } = lab;
    const id = await moves.push({ envelope: envelope("pdf") });
    await deferBy(moves, "ignorant");
    await forget(lab, id, 3_600_000);
    await moves.beat("able", [], "", "", [{ name: "pdf", version: 1 }]);
    await moves.age("scheduled", id, -1);
    await moves.sweep();
    const { tasks: [claim] } = await moves.turn({ worker: "ignorant", slots: 1 });
    assert.deepEqual([claim!.id, claim!.unknownMs], [id, 0]);
  }),
);

test(
  "a task waits in line again when the worker that knew it is gone",
  withRelier(async ({ moves }) => {
    await report(moves);
    const id = await moves.push({ envelope: envelope("pdf") });
    assert.deepEqual(await claimedBy(moves, "ignorant"), []);
    await moves.crash("able");
    await moves.age("scheduled", id, -1);
    await moves.sweep();
    assert.deepEqual(await claimedBy(moves, "ignorant"), [id]);
  }),
);

test(
  "a worker that cannot run a task it reports to know is not given it again at once",
  withRelier(async ({ moves }) => {
    await report(moves);
    const id = await moves.push({ envelope: envelope("pdf") });
    await deferBy(moves, "able");
    assert.deepEqual(await claimedBy(moves, "able"), []);
    assert.equal((await moves.facts(id)).state, "scheduled");
  }),
);

test(
  "a worker that drains is left out of those that know a task",
  withRelier(async ({ moves }) => {
    await report(moves);
    const id = await moves.push({ envelope: envelope("pdf") });
    await moves.beat("able", [], "", "", [{ name: "pdf", version: 1 }], "draining");
    assert.deepEqual(await claimedBy(moves, "ignorant"), [id]);
  }),
);

test(
  "a suspect is run by a worker that knows it, not by any that is empty",
  withRelier(async ({ moves }) => {
    const id = await moves.suspect(await moves.push({ envelope: envelope("pdf") }));
    await report(moves);
    const ignorant = await moves.turn({ worker: "ignorant", slots: 1 });
    assert.deepEqual([ignorant.lane, ignorant.tasks], ["", []]);
    const { lane, tasks } = await moves.turn({ worker: "able", slots: 1 });
    assert.deepEqual([lane, tasks.map((task) => task.id)], ["solo", [id]]);
  }),
);

test(
  "a task that waits for a worker that knows it is cancelled, promoted and repaired like others",
  withRelier(async (lab) => {
    const { moves, queue, redis, key } = lab;
    await report(moves);
    const [cancelled, promoted, lost] = [
      await moves.push({ envelope: envelope("pdf") }),
      await moves.push({ envelope: envelope("pdf") }),
      await moves.push({ envelope: envelope("pdf") }),
    ];
    assert.deepEqual(await claimedBy(moves, "ignorant"), []);
    assert.equal(await redis.zcard(key("deferred")), 3);
    await moves.cancel(cancelled);
    await moves.promote([promoted]);
    const [entry] = await redis.zrange(key("deferred"), 0, "-1");
    assert.deepEqual(await redis.zcard(key("deferred")), 1);
    assert.ok(entry!.endsWith(lost));
    await redis.del(key("deferred"));
    await redis.zadd(key("deferred"), 0, entry!.replace("pdf", "png"));
    assert.match(
      (await queue.audit()).join(),
      /is deferred and not listed[^]*is listed as deferred/,
    );
    assert.equal((await queue.repair()).length, 2);
    assert.deepEqual(await redis.zrange(key("deferred"), 0, "-1"), [entry]);
    assert.deepEqual((await claimedBy(moves, "able")).sort(), [promoted, lost].sort());
  }),
);

/** Moves the time since which no worker has known a task `ms` into the past. */
async function forget({ redis, key }: Lab, local: string, ms: number): Promise<void> {
  const source = `local record = cmsgpack.unpack(redis.call("HGET", KEYS[1], ARGV[1]))
    record.deferredAt = record.deferredAt - ARGV[2]
    redis.call("HSET", KEYS[1], ARGV[1], cmsgpack.pack(record))`;
  await redis.eval(source, 1, key("record"), local, ms);
}
