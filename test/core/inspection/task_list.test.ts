/**
 * Views of a queue: pages that stay correct while tasks come and go, the details of one
 * task, the tasks that a worker holds, and the search by the prefix of an id.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { rlTask, type TaskState, type TaskSummary } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const add = rlTask("add-listed", (a: number, b: number) => a + b);

/** Reads every task of a state, page by page. */
async function allOf(
  { queue }: Lab,
  state: TaskState,
  limit: number,
  last = false,
): Promise<TaskSummary[]> {
  const all: TaskSummary[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await queue.page(state, { limit, last, ...(cursor && { cursor }) });
    assert.ok(page.tasks.length <= limit);
    all.push(...page.tasks);
    cursor = page.cursor;
  } while (cursor);
  return all;
}

test(
  "a dead task shows the attempt it died in, wherever it is shown",
  withRelier(async ({ queue, worker }) => {
    const fails = rlTask("fails-twice-listed", { retry: { attempts: 2, base: 1, max: 1 } }, () => {
      throw new Error("no");
    });
    await worker();
    const handle = await fails.apush();
    await handle.result().catch(() => {});
    assert.equal((await handle.status()).attempt, 2);
    assert.equal((await queue.inspect(handle.id)).attempt, 2);
    assert.deepEqual((await queue.page("dead")).tasks.map(({ attempt }) => attempt), [2]);
  }),
);

test(
  "pages show every task of a state once, in its order or from its end",
  withRelier(async (lab) => {
    const handles = await add.apushMany(Array.from({ length: 45 }, (_, i) => [i, 1]));
    const ids = handles.map(({ id }) => id);
    for (const limit of [1, 7, 45, 200]) {
      assert.deepEqual((await allOf(lab, "ready", limit)).map(({ id }) => id), ids, `${limit}`);
      const backwards = (await allOf(lab, "ready", limit, true)).map(({ id }) => id);
      assert.deepEqual(backwards, [...ids].reverse(), `${limit}`);
    }
    const { total, cursor, tasks: [first] } = await lab.queue.page("ready", { limit: 200 });
    assert.deepEqual([total, cursor], [45, null]);
    assert.deepEqual(
      [first!.name, first!.queue, first!.attempt, first!.worker, first!.at],
      ["add-listed", "default", 1, null, null],
    );
    assert.deepEqual(await lab.queue.page("dead"), { tasks: [], cursor: null, total: 0 });
  }),
);

for (const last of [false, true]) {
  test(
    `a cursor holds although its task has left, among many of one moment too${
      last ? ", from the end" : ""
    }`,
    withRelier((lab) => leaving(lab, last)),
  );
}

async function leaving(lab: Lab, last: boolean): Promise<void> {
  const { moves, queue } = lab;
  const due = await moves.now() + 3_600_000;
  await moves.pushRows(Array.from({ length: 60 }, () => ({ atMs: due })));
  await moves.pushRows(Array.from({ length: 20 }, () => ({ atMs: due + 1000 })));
  const seen: string[] = [];
  let cursor: string | null | undefined;
  do {
    const page = await queue.page("scheduled", { limit: 9, last, ...(cursor && { cursor }) });
    seen.push(...page.tasks.map(({ id }) => id));
    cursor = page.cursor;
    // The whole page leaves, and with it the task that the cursor names.
    for (const { id } of page.tasks) await lab.rl.handle(id).cancel();
  } while (cursor);
  assert.equal(seen.length, 80);
  assert.equal(new Set(seen).size, 80);
}

test(
  "a page of 100,000 tasks is as quick as one of a hundred, at both ends",
  withRelier(async (lab) => {
    const { redis, key, queue } = lab;
    // A script creates the tasks: the test measures the view, not the push.
    await redis.eval(
      `for i = 1, 100000 do
      local id = string.format("%022d", i)
      redis.call("ZADD", KEYS[1], 7036874417766400 + i * 64, id)
      redis.call("HSET", KEYS[2], id, '{"v":1,"name":"by-hand","payload":[]}')
    end`,
      2,
      key("ready"),
      key("task"),
    );
    const timed = async (cursor: string): Promise<number> => {
      const start = performance.now();
      await queue.page("ready", { cursor, limit: 200 });
      return performance.now() - start;
    };
    const spans: number[] = [];
    for (const i of [1, 50_000, 99_000, 1, 50_000, 99_000]) {
      spans.push(await timed(`${7036874417766400 + i * 64}:${String(i).padStart(22, "0")}`));
    }
    const best = Math.min(...spans.slice(3));
    assert.ok(best < scaled(100), `the best of three took ${best} ms`);
    await redis.del(key("ready"), key("task"));
  }),
);

test(
  "large payloads stay where they are: a page shows their names",
  withRelier(async (lab) => {
    const big = rlTask("big-listed", (text: string) => text.length);
    const text = "x".repeat(1_000_000);
    for (let i = 0; i < 12; i++) await big.apush(text);
    const tasks = await allOf(lab, "ready", 10);
    assert.equal(tasks.length, 12);
    assert.ok(tasks.every(({ name }) => name === "big-listed"));
    const fed = Number(/total_net_output_bytes:(\d+)/.exec(await lab.redis.info("stats"))![1]);
    await lab.queue.page("ready", { limit: 200 });
    const now = Number(/total_net_output_bytes:(\d+)/.exec(await lab.redis.info("stats"))![1]);
    assert.ok(now - fed < 200_000, `${now - fed} bytes left the server`);
  }),
);

test(
  "a listed task shows its present progress, and its outcome",
  withRelier(async ({ moves, queue }) => {
    await moves.push();
    const claim = await moves.claim();
    await moves.beat("w1", [{ ...claim, progress: "40", remark: "half way" }]);
    const { tasks: [running] } = await queue.page("running");
    assert.deepEqual(
      [running!.worker, running!.progress, running!.remark, running!.name],
      ["w1", 40, "half way", "by-hand"],
    );
    assert.ok(running!.since! >= running!.enqueuedAt && running!.at! > running!.since!);
    const error = JSON.stringify({ name: "E", message: "no", stack: "E: no\n  at f" });
    await moves.settle(claim, "bury", { text: "attempts", error, name: "by-hand" });
    const { tasks: [dead] } = await queue.page("dead");
    assert.deepEqual([dead!.reason, dead!.attempt, dead!.error], ["attempts", 1, {
      name: "E",
      message: "no",
    }]);
    await moves.push();
    const id = await moves.push({ delayMs: 60_000 });
    await moves.cancel(id, "not now");
    const { tasks: [cancelled] } = await queue.page("cancelled");
    assert.deepEqual([cancelled!.name, cancelled!.reason], ["by-hand", "not now"]);
  }),
);

test(
  "inspect returns everything about a task, by its state",
  withRelier(async ({ moves, queue, rl }) => {
    const headers = { traceparent: "00-1" };
    const handle = await add.with({ headers, delay: "1h" }).apush(2, 3);
    const scheduled = await queue.inspect(handle.id);
    assert.deepEqual(
      [scheduled.name, scheduled.payload, scheduled.taskVersion, scheduled.headers],
      ["add-listed", [2, 3], 1, headers],
    );
    assert.deepEqual(
      [scheduled.corrupt, scheduled.leaseUntil, scheduled.purgeAt, scheduled.facts["ahead"]],
      [false, null, null, "0"],
    );
    assert.ok(scheduled.dueAt!.getTime() > Date.now() + 3_000_000);
    await queue.promote([handle.id]);
    const claim = await moves.claim();
    const save = (name: string, value: string) => moves.step(claim, name, value);
    for (const [name, value] of [["charge", "1"], ["mail", ""], ["charge", "2"]] as const) {
      await save(name, value);
    }
    const running = await queue.inspect(handle.id);
    assert.ok(running.leaseUntil);
    const steps = [{ name: "charge", value: "2" }, { name: "mail", value: "" }];
    assert.deepEqual([scheduled.steps, running.steps], [[], steps]);
    await moves.settle(claim, "complete", { text: "5", name: "add-listed" });
    const done = await queue.inspect(handle.id);
    assert.deepEqual([done.name, done.payload, done.envelope], ["add-listed", undefined, ""]);
    assert.ok(done.purgeAt && !done.dueAt && !done.corrupt);
    assert.deepEqual(done.history.map(({ cause }) => cause), ["completed"]);
    assert.deepEqual(done.steps, []);
    await assert.rejects(
      queue.inspect(idOf({ queue: "default", index: 0, root: "" }, randomLocal())),
      {
        code: "RL_NOT_FOUND",
      },
    );
    assert.equal(await rl.handle(handle.id).result(), 5);
  }),
);

test(
  "a task whose envelope, error or record is broken is shown, and stops no list",
  withRelier(async ({ moves, queue, partition }) => {
    const id = await moves.push({ envelope: "no JSON at all" });
    const { corrupt, payload, name, envelope } = await queue.inspect(idOf(partition, id));
    assert.deepEqual([corrupt, payload, name, envelope], [true, undefined, "", "no JSON at all"]);
    await moves.settle(await moves.claim(), "bury", { error: "{", text: "corrupt" });
    const { tasks } = await queue.page("dead");
    assert.deepEqual([tasks[0]!.name, tasks[0]!.error!.name], ["", "Error"]);
    const newer = await moves.push({ envelope: '{"v":9,"name":"later"}' });
    const later = await queue.inspect(idOf(partition, newer));
    assert.deepEqual([later.name, later.payload, later.corrupt], ["later", undefined, false]);
  }),
);

test(
  "tasks that a worker holds are listed, at most 200",
  withRelier(async ({ moves, queue }) => {
    await moves.pushRows(Array.from({ length: 190 }, () => ({})));
    await moves.pushRows(Array.from({ length: 30 }, () => ({})));
    await moves.turn({ worker: "w2", slots: 5 });
    await moves.turn({ worker: "w1", slots: 200 });
    await moves.turn({ worker: "w1", slots: 15, call: "1" });
    assert.equal((await queue.heldBy("w1")).length, 200);
    const held = await queue.heldBy("w2");
    assert.deepEqual([held.length, held[0]!.worker, held[0]!.state], [5, "w2", "running"]);
    assert.deepEqual(await queue.heldBy("nobody"), []);
  }),
);

test(
  "a task is found by the prefix of its id, in every queue and state",
  withRelier(async ({ rl, moves, partition, worker }) => {
    const other = await add.with({ queue: "other" }).apush(1, 1);
    await until("both are known", async () => (await rl.queues()).length === 1);
    const local = `abcd${randomLocal().slice(4)}`;
    await moves.push({ id: local });
    // The registry is for clients; a script called directly is none.
    const done = await add.apush(2, 2);
    await worker({ queues: ["default"] });
    await done.result();
    await until("both are known", async () => (await rl.queues()).length === 2);
    assert.deepEqual((await rl.queues()).map(({ name }) => name), ["default", "other"]);
    assert.deepEqual(await rl.find("abcd"), [idOf(partition, local)]);
    assert.deepEqual(await rl.find(`default~0~abcd`), [idOf(partition, local)]);
    assert.deepEqual(await rl.find(`other~0~abcd`), []);
    for (const id of [other.id, done.id]) {
      assert.deepEqual(await rl.find(id), [id]);
      assert.deepEqual(await rl.find(id.slice(-22)), [id]);
      assert.deepEqual(await rl.find(id.slice(-22, -10)), [id]);
    }
    for (const nothing of ["zzzz*", "ab?d", "{", "~", "default~0~", "x".repeat(23)]) {
      assert.deepEqual(await rl.find(nothing), [], nothing);
    }
    for (let i = 0; i < 15; i++) await moves.push({ id: `many${randomLocal().slice(4)}` });
    assert.equal((await rl.find("many")).length, 10);
  }),
);

test(
  "a search by the beginning of an id ends after a bound, one by the full id never",
  withRelier(async ({ rl }) => {
    const handles = await rl.apushMany(add, Array.from({ length: 4000 }, () => [1, 1] as const));
    await until("the queue is known", async () => (await rl.queues()).length === 1);
    const [{ id }] = handles as [typeof handles[0]];
    await assert.rejects(
      rl.find("zzzz", { maxScanned: 1000 }),
      /Cannot search all tasks for the id "zzzz": the search ended after 1000 .* full id/,
    );
    assert.deepEqual(await rl.find("zzzz"), []);
    for (const full of [id, id.slice(-22)]) {
      assert.deepEqual(await rl.find(full, { maxScanned: 1000 }), [id]);
    }
    for (const maxScanned of [999, 1.5, Infinity]) {
      await assert.rejects(rl.find("zzzz", { maxScanned }), RangeError);
    }
  }),
);

test(
  "server() returns the facts of Redis",
  withRelier(async ({ rl }) => {
    const facts = await rl.server();
    assert.match(facts["redis_version"]!, /^\d+\./);
  }),
);
