/**
 * The life of a task for a developer: call it, push it, find it again, wait for it,
 * cancel it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createRelier,
  createWorker,
  rlTask,
  type TaskEvent,
  TaskFailedError,
} from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const add = rlTask("add", (a: number, b: number) => a + b);
const rounds = { attempts: 3, backoff: "fixed", base: 1 } as const;

test("a task called as a function runs in the caller, without Redis", async () => {
  assert.equal(await add(1, 2), 3);
  assert.equal(add.name, "add");
});

test(
  "a pushed task runs on a worker, and its handle brings the result",
  withRelier(async ({ worker, rl }) => {
    await worker();
    const handle = await add.apush(2, 3);
    assert.equal(handle.outcome, "created");
    assert.match(handle.id, /^default~0~[\w-]{22}$/);
    assert.equal(await handle.result(), 5);
    assert.equal((await handle.status()).state, "completed");
    assert.equal(await rl.handle<number>(handle.id).result(), 5, "found again by its id");
    assert.equal(await add.call(20, 22), 42);
    assert.equal(await (await rl.apush(add, 1, 1)).result(), 2);
  }),
);

test(
  "push() returns at once, and awaiting it waits for Redis",
  withRelier(async () => {
    const pending = add.push(1, 1);
    assert.equal(pending.acked, false);
    assert.match(pending.id, /^default~0~/);
    const handle = await pending;
    assert.equal(pending.acked, true);
    assert.equal(handle.id, pending.id);
    assert.equal((await handle.status()).state, "ready");
  }),
);

test(
  "flush() resolves once all earlier push() calls are accepted",
  withRelier(async ({ rl, queue }) => {
    const all = add.pushMany(Array.from({ length: 500 }, (_, i) => [i, 1] as [number, number]));
    await rl.flush();
    assert.ok(all.every(({ acked }) => acked));
    assert.equal((await queue.stats()).counts.ready, 500);
  }),
);

test(
  "a push() that failed for good is reported to onPushError with its id",
  withRelier(async ({ client, pushErrors }) => {
    const failing = {
      run: () => Promise.reject(new TypeError("no such server")),
      wait: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    const rl = client({ redis: failing });
    const pending = rl.push(add, 1, 1);
    await assert.rejects(async () => await pending, /no such server/);
    await until("it was reported", () => pushErrors.length === 1);
    assert.equal(pending.acked, false);
  }),
);

test(
  "many are pushed in one call and keep their order",
  withRelier(async ({ queue, worker }) => {
    // Where the server does not know the script yet, two calls of one batch may overtake each
    // other.
    await (await add.apush(0, 0)).cancel();
    const list = Array.from({ length: 250 }, (_, i) => [i, 1] as [number, number]);
    const handles = await add.apushMany(list);
    const { tasks: waiting } = await queue.page("ready", { limit: 200 });
    assert.deepEqual(waiting.map(({ id }) => id), handles.slice(0, 200).map(({ id }) => id));
    await worker({ concurrency: 50 });
    const results = await Promise.all(handles.map((handle) => handle.result()));
    assert.deepEqual(results, list.map(([a]) => a + 1));
  }),
);

test(
  "options of a push: another queue, a priority, headers",
  withRelier(async ({ rl, queue, worker }) => {
    const seen: unknown[] = [];
    const read = rlTask("read-headers", { replace: true }, async () => {
      const { taskContext } = await import("../../../mod.ts");
      seen.push(taskContext().headers, taskContext().queue);
    });
    const other = await read.with({ queue: "other", headers: { traceparent: "00-1" } }).apush();
    assert.match(other.id, /^other~0~/);
    const low = await add.apush(1, 1);
    const [high] = await add.apushMany([[2, 2]], { priority: 100 });
    assert.deepEqual((await queue.page("ready")).tasks.map(({ id }) => id), [high!.id, low.id]);
    await worker({ queues: ["other"] });
    await other.result();
    assert.deepEqual(seen, [{ traceparent: "00-1" }, "other"]);
    assert.equal((await rl.queue("other").stats()).counts.completed, 1);
  }),
);

test(
  "a delayed task waits, and one for a given time waits until then",
  withRelier(async ({ worker }) => {
    const handle = await add.with({ delay: "1h" }).apush(1, 1);
    assert.equal((await handle.status()).state, "scheduled");
    const soon = await add.with({ at: new Date(Date.now() + 100) }).apush(1, 1);
    const past = await add.with({ at: new Date(0) }).apush(1, 1);
    assert.equal((await past.status()).state, "ready");
    await worker();
    assert.equal(await soon.result({ timeout: scaled(5_000) }), 2);
    assert.equal((await handle.status()).state, "scheduled");
  }),
);

test(
  "waiting for a result gives up after its timeout, and the task goes on",
  withRelier(async ({ worker }) => {
    const handle = await add.apush(1, 1);
    await assert.rejects(handle.result({ timeout: 20 }), {
      code: "RL_RESULT_TIMEOUT",
      retryable: true,
    });
    const leave = new AbortController();
    const waiting = handle.result({ signal: leave.signal });
    leave.abort(new Error("enough"));
    await assert.rejects(waiting, /enough/);
    await worker();
    assert.equal(await handle.result(), 2);
  }),
);

test(
  "a task that was never pushed is not found",
  withRelier(async ({ rl }) => {
    const handle = rl.handle("default~0~" + "x".repeat(22));
    await assert.rejects(handle.status(), { code: "RL_NOT_FOUND" });
    await assert.rejects(handle.result(), { code: "RL_NOT_FOUND" });
    assert.equal(await handle.cancel(), false);
    assert.throws(() => rl.handle("nonsense"), RangeError);
  }),
);

test(
  "a task that waits is cancelled and never runs",
  withRelier(async ({ worker, queue }) => {
    let ran = 0;
    const count = rlTask("count-cancelled", () => void ran++);
    const [ready, delayed] = [await count.apush(), await count.with({ delay: "1h" }).apush()];
    assert.equal(await ready.cancel("changed my mind"), true);
    assert.equal(await delayed.cancel(), true);
    await worker();
    await assert.rejects(ready.result(), { code: "RL_CANCELLED", message: /changed my mind/ });
    const { counts } = await queue.stats();
    assert.deepEqual([counts.cancelled, counts.completed, ran], [2, 0, 0]);
    const { envelope } = await queue.inspect(ready.id);
    assert.equal(envelope, "", "its payload is gone");
  }),
);

test(
  "a final task cannot be cancelled",
  withRelier(async ({ worker }) => {
    const bad = rlTask("bad-cancel", { retry: 1 }, () => Promise.reject(new Error("no")));
    await worker();
    const [done, dead] = [await add.apush(1, 1), await bad.apush()];
    await done.result();
    await assert.rejects(dead.result(), TaskFailedError);
    assert.deepEqual([await done.cancel(), await dead.cancel()], [false, false]);
    assert.equal((await dead.status()).state, "dead");
  }),
);

test(
  "all events of a task can be followed until it is final",
  withRelier(async ({ worker }) => {
    let failed = false;
    const flaky = rlTask("flaky-events", { retry: rounds }, () => {
      if (!failed) throw new Error(`once ${failed = true}`);
    });
    const handle = await flaky.with({ delay: 100 }).apush();
    const heard: TaskEvent[] = [];
    let following = Promise.resolve();
    await bounded(
      "the subscription",
      new Promise<void>((onOpen) => {
        following = (async () => {
          for await (const each of handle.events({ onOpen })) heard.push(each);
        })();
      }),
    );
    await worker();
    await bounded("the last event", following);
    const types = heard.map(({ type, state }) => `${type} ${state}`);
    assert.deepEqual(
      types.slice(-4),
      ["claim running", "retry scheduled", "promote ready", "claim running", "complete completed"]
        .slice(-4),
    );
    assert.equal(heard.at(-1)?.state, "completed");
  }),
);

test(
  "following ends when its signal aborts",
  withRelier(async () => {
    const handle = await add.apush(1, 1);
    const leave = new AbortController();
    const following = (async () => {
      for await (const _ of handle.events({ signal: leave.signal }));
    })();
    leave.abort();
    await bounded("the end", following);
  }),
);

test(
  "a result is forgotten when its retention ends, and its task with it",
  withRelier(async ({ worker }) => {
    const brief = rlTask("brief", { resultTtl: 1 }, () => "gone soon");
    await worker();
    const handle = await brief.apush();
    await until(
      "it is forgotten",
      () => handle.status().then(() => false, ({ code }) => code === "RL_NOT_FOUND"),
    );
  }),
);

test("a task without a client names the missing part", async () => {
  await assert.rejects(add.apush(1, 1), { name: "TypeError", message: /createRelier/ });
});

test(
  "the first client of the process is the default one, a client with a task list owns its tasks",
  withRelier(async ({ client, rl, queue }) => {
    const owned = rlTask("owned", () => 1);
    const owner = client({ tasks: [owned], prefix: "owner" });
    client();
    await add.apush(1, 1);
    assert.equal((await queue.stats()).counts.ready, 1);
    const handle = await owned.apush();
    assert.equal((await owner.queue("default").stats()).counts.ready, 1);
    assert.equal((await rl.queue("default").stats()).counts.ready, 1);
    await handle.cancel();
  }),
);

test(
  "a client with a task list runs only those",
  withRelier(async ({ client, worker }) => {
    const mine = rlTask("mine-only", () => "mine");
    const owner = client({ tasks: [mine] });
    await worker({}, owner);
    const foreign = await owner.apush(add, 1, 1);
    assert.equal(await mine.call(), "mine");
    await until(
      "the other is deferred",
      async () => (await foreign.status()).state === "scheduled",
    );
    assert.match((await foreign.status()).reason!, /its worker does not know task "add"/);
  }),
);

test(
  "a closed client refuses pushes and ends its waits",
  withRelier(async ({ client }) => {
    const rl = client();
    const handle = await rl.apush(add, 1, 1);
    const waiting = handle.result();
    const ends = assert.rejects(waiting, { code: "RL_CONNECTION" });
    await until("it waits", () => handle.status().then(() => true));
    await rl.close();
    await ends;
    await assert.rejects(rl.apush(add, 1, 1), { code: "RL_CONNECTION" });
    await rl.close();
  }),
);

test("a worker of an object that is no client is refused", () => {
  assert.throws(() => createWorker({} as never), TypeError);
  assert.throws(() => createRelier({ redis: "http://example.com" }), TypeError);
});
