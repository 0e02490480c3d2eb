/**
 * The testing kit from the view of its users. Its foundations have tests of their own;
 * here a test takes milliseconds, however much time passes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import { memory } from "../../adapters/memory.ts";
import { createTestRelier, type TestRelierOptions } from "../../adapters/testing.ts";
import {
  createRelier,
  Discard,
  RelierError,
  Retry,
  rlTask,
  taskContext,
  TaskFailedError,
} from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { shared } from "../support/redis.ts";
import { until } from "../support/until.ts";

const processOrder = rlTask(
  "process_order",
  { idempotent: true, maxResurrections: 5 },
  (orderId: string) => Promise.resolve({ charge: "ch_1", orderId }),
);

const processLargeJob = rlTask(
  "process_large_job",
  { softTimeout: "25s", hardTimeout: "30s" },
  async (jobId: string) => {
    const ctx = taskContext<number>();
    let n = ctx.previous?.partialResult ?? 0;
    for (; n < 100; n++) {
      await new Promise((resolve) => setImmediate(resolve));
      ctx.partialResult = n;
      ctx.progress(n);
    }
    return jobId === "j1" ? n : 0;
  },
);

test("a task is still a function", async () => {
  assert.equal((await processOrder("o1")).charge, "ch_1");
});

test("an idempotent task is enqueued exactly once", async () => {
  await using rl = await createTestRelier({ tasks: [processOrder] });
  await processOrder.apush("o1");
  await processOrder.apush("o1");
  assert.deepEqual(rl.calls(processOrder), [["o1"]]);
  await rl.drain();
});

test("a task survives the kill of its worker", async () => {
  await using rl = await createTestRelier({
    tasks: [processLargeJob],
    mode: "memory",
    clock: "virtual",
  });
  const t = await processLargeJob.apush("j1");
  await rl.killWorker({ during: "process_large_job" });
  await rl.tick(35_000);
  assert.equal(await t.result(), 100);
  assert.deepEqual(await rl.dlq(), []);
});

test("pushed tasks are listed with the outcome of the push, also those of handlers", async () => {
  const child = rlTask("kit.child", (n: number) => n);
  const parent = rlTask("kit.parent", async (n: number) => {
    for (let i = 0; i < n; i++) await child.apush(i);
  });
  await using rl = await createTestRelier({ tasks: [parent, child] });
  await parent.with({ priority: 7, headers: { a: "b" } }).apush(2);
  assert.deepEqual(rl.calls(child), []);
  await rl.drain();
  assert.deepEqual(rl.calls(child), [[0], [1]]);
  await rl.apush(processOrder, "o7");
  await rl.apush(processOrder, "o7");
  const listed = rl.pushed.map(({ name, args, opts, outcome }) => [name, args, opts, outcome]);
  assert.deepEqual(listed, [
    ["kit.parent", [2], { priority: 7, headers: { a: "b" } }, "created"],
    ["kit.child", [0], {}, "created"],
    ["kit.child", [1], {}, "created"],
    ["process_order", ["o7"], {}, "created"],
    ["process_order", ["o7"], {}, "joined"],
  ]);
  assert.equal(rl.pushed[4]!.id, rl.pushed[3]!.id);
  await assert.rejects(processOrder.with({ idempotencyKey: "k" }).apush(1n as unknown as string));
  assert.equal(rl.pushed.length, 5);
});

test("drain() passes delays and retries of minutes at once", async () => {
  const failing: number[] = [];
  let runs = 0;
  const flaky = rlTask(
    "kit.flaky",
    { retry: { attempts: 4, backoff: "fixed", base: "5m" } },
    () => {
      if (++runs < 4) throw new Error(`no ${runs}`);
      return runs;
    },
  );
  const late = rlTask("kit.late", (n: number) => void failing.push(n));
  await using rl = await createTestRelier({ tasks: [flaky, late] });
  const handle = await flaky.apush();
  await late.with({ delay: "1h" }).apush(1);
  await late.with({ delay: "30m", queue: "other" }).apush(2);
  const started = performance.now();
  await rl.drain();
  assert.equal(await handle.result(), 4);
  assert.deepEqual(failing, [2, 1]);
  assert.ok(performance.now() - started < scaled(5_000));
  assert.deepEqual((await rl.queue("default").stats()).counts.scheduled, 0);
});

test("tick() runs tasks that come due meanwhile, in order, and no others", async () => {
  const ran: string[] = [];
  const note = rlTask("kit.note", (what: string) => void ran.push(what));
  const again = rlTask("kit.again", { retry: { attempts: 3 } }, () => {
    ran.push("again");
    throw new Retry({ after: "5m" });
  });
  await using rl = await createTestRelier({ tasks: [note, again] });
  await note.with({ delay: "9m" }).apush("9m");
  await note.with({ delay: "1m" }).apush("1m");
  await again.apush();
  await rl.tick(0);
  assert.deepEqual(ran, ["again"]);
  await rl.tick("59s");
  assert.deepEqual(ran, ["again"]);
  await rl.tick("1s");
  assert.deepEqual(ran, ["again", "1m"]);
  await rl.tick("8m");
  assert.deepEqual(ran, ["again", "1m", "again", "9m"]);
});

test("a task that fails for good is in dlq(), with its error", async () => {
  const hopeless = rlTask("kit.hopeless", { retry: { attempts: 2 } }, () => {
    throw new TypeError("no card");
  });
  const unwanted = rlTask("kit.unwanted", { queue: "mail" }, () => {
    throw new Discard("bad input");
  });
  await using rl = await createTestRelier({ tasks: [hopeless, unwanted] });
  const handle = await hopeless.apush();
  await unwanted.apush();
  await rl.drain();
  const dead = (await rl.dlq()).map(({ name, queue, error }) => [name, queue, error]);
  assert.deepEqual(dead, [
    ["kit.hopeless", "default", { name: "TypeError", message: "no card" }],
    ["kit.unwanted", "mail", { name: "Discard", message: "bad input" }],
  ]);
  await assert.rejects(handle.result(), TaskFailedError);
});

test("a key is free again when idempotencyTtl is over, and answers until then", async () => {
  let runs = 0;
  const once = rlTask("kit.once", { idempotent: true, idempotencyTtl: "1h" }, () => ++runs);
  await using rl = await createTestRelier({ tasks: [once] });
  await once.apush();
  await rl.drain();
  await rl.tick("59m");
  const replayed = await once.apush();
  assert.equal(replayed.outcome, "replayed");
  assert.equal(await replayed.result(), 1);
  await rl.tick("2m");
  assert.equal((await once.apush()).outcome, "created");
  await rl.drain();
  assert.equal(runs, 2);
});

test("effects of a killed worker's handler remain: its steps are not done again", async () => {
  const effects: string[] = [];
  const charge = rlTask("kit.charge", async (order: string) => {
    const ctx = taskContext();
    const paid = await ctx.step("charge", () => {
      effects.push(`charge ${order}`);
      return "ch_1";
    });
    effects.push(`mail ${order}`);
    return paid;
  });
  await using rl = await createTestRelier({ tasks: [charge] });
  const handle = await charge.apush("o1");
  await rl.killWorker({ during: "kit.charge" });
  assert.equal((await handle.status()).state, "running");
  await rl.drain();
  assert.equal(await handle.result(), "ch_1");
  assert.deepEqual(effects, ["charge o1", "mail o1", "mail o1"]);
  const [attempt] = (await rl.queue("default").inspect(handle.id)).history;
  assert.equal(attempt!.cause, "presence");
});

test("a handler that does not end is killed too, and has no later effect", async () => {
  const ends: string[] = [];
  let runs = 0;
  const child = rlTask("kit.orphan", () => {});
  const stuck = rlTask("kit.stuck", async () => {
    if (++runs > 1) return "second";
    const { signal } = taskContext();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    await child.apush().catch((error) => ends.push(RelierError.is(error) ? error.code : "other"));
    return "first";
  });
  const rl = await createTestRelier({ tasks: [stuck, child] });
  const handle = await stuck.apush();
  await rl.killWorker({ during: "kit.stuck" });
  await rl.tick("35s");
  assert.equal(await handle.result(), "second");
  assert.deepEqual([ends, rl.calls(child)], [[], []]);
  // The end stops it, so that no timer of it outlives the test.
  await rl.close();
  await until("it has ended", () => ends.length > 0);
  assert.deepEqual(rl.calls(child), []);
});

test("a task that kills its workers is dead as poison, and its neighbours complete", async () => {
  const poison = rlTask("kit.poison", { maxResurrections: 2 }, () => {});
  const innocent = rlTask("kit.innocent", (n: number) => n);
  await using rl = await createTestRelier({ tasks: [poison, innocent] });
  const handle = await poison.apush();
  const beside = await innocent.apushMany([[1], [2], [3]]);
  for (let deaths = 0; deaths < 3; deaths++) await rl.killWorker({ during: "kit.poison" });
  await rl.drain();
  const [dead, ...others] = await rl.dlq();
  assert.deepEqual(others, []);
  assert.deepEqual([dead!.name, dead!.reason, dead!.resurrections], ["kit.poison", "crashes", 3]);
  await assert.rejects(handle.result(), /crashes/);
  assert.deepEqual(await Promise.all(beside.map((each) => each.result())), [1, 2, 3]);
});

test("killWorker() without a name kills at the first task, and fails without one", async () => {
  const first = rlTask("kit.first", () => "done");
  await using rl = await createTestRelier({ tasks: [first] });
  await assert.rejects(rl.killWorker(), /^Error: Cannot kill a worker: no such task is due; push/);
  await assert.rejects(
    rl.killWorker({ during: "kit.other" }),
    /^Error: Cannot kill a worker during "kit.other": no such task is due/,
  );
  const handle = await first.with({ delay: "1h" }).apush();
  await rl.killWorker();
  assert.equal((await handle.status()).state, "running");
  await rl.drain();
  assert.equal(await handle.result(), "done");
});

test("a cancelled task does not run, and a rate admits tasks again as time passes", async () => {
  const ran: number[] = [];
  const limited = rlTask("kit.limited", (n: number) => void ran.push(n));
  await using rl = await createTestRelier({
    tasks: [limited],
    admission: { default: { rate: { limit: 2, per: "1m" } } },
  });
  const handle = await limited.apush(1);
  assert.equal(await handle.cancel("not wanted"), true);
  await limited.apush(2);
  await assert.rejects(
    limited.apush(3),
    (error) => RelierError.is(error, "RL_ADMISSION") && /rate/.test(error.message),
  );
  await rl.tick("29s");
  await assert.rejects(limited.apush(4), (error) => RelierError.is(error, "RL_ADMISSION"));
  await rl.tick("1s");
  await limited.apush(5);
  const { counts } = await rl.queue("default").stats();
  assert.deepEqual([counts.ready, counts.completed, counts.cancelled], [1, 1, 1]);
  await rl.drain();
  assert.deepEqual(ran, [2, 5]);
  assert.deepEqual(rl.calls(limited), [[1], [2], [5]]);
});

test("a paused queue is left alone, and drain() ends anyway", async () => {
  const waits = rlTask("kit.waits", (n: number) => n);
  await using rl = await createTestRelier({ tasks: [waits] });
  await rl.queue("default").pause("claims", "a test");
  const handles = await Promise.all([waits.apush(1), waits.with({ delay: "1h" }).apush(2)]);
  await rl.drain();
  await rl.tick("2h");
  assert.equal((await handles[0]!.status()).state, "ready");
  await rl.queue("default").resume();
  await rl.drain();
  assert.deepEqual(await Promise.all(handles.map((each) => each.result())), [1, 2]);
});

test("inline a push waits until its handler has run, even before the due time", async () => {
  const ran: string[] = [];
  let tries = 0;
  const inner = rlTask("kit.inner", () => void ran.push("inner"));
  const outer = rlTask("kit.outer", { retry: { attempts: 3 } }, async (n: number) => {
    if (++tries < 3) throw new Error("not yet");
    await inner.apush();
    ran.push("outer");
    return n + 1;
  });
  await using rl = await createTestRelier({ tasks: [outer, inner], mode: "inline" });
  const handle = await outer.with({ delay: "1d" }).apush(1);
  assert.deepEqual(ran, ["outer", "inner"]);
  assert.equal((await handle.status()).state, "completed");
  assert.equal(await outer.call(2), 3);
  const [a, b] = await Promise.all([outer.apush(5), rl.apush(inner)]);
  assert.equal((await a.status()).state, "completed");
  assert.equal((await b.status()).state, "completed");
});

test("a real clock is not moved: due tasks run, others stay", async () => {
  const task = rlTask("kit.real", (n: number) => n);
  await using rl = await createTestRelier({ tasks: [task], clock: "real" });
  const now = await task.apush(1);
  const later = await task.with({ delay: "1h" }).apush(2);
  await rl.drain();
  assert.equal(await now.result(), 1);
  assert.equal((await later.status()).state, "scheduled");
  await assert.rejects(rl.tick("1h"), /^TypeError: Cannot tick a real clock/);
});

test("on a real Redis a test has its own prefix, and leaves nothing there", async () => {
  const url = await shared();
  const admin = new Redis(url);
  await admin.set("somebody's", "else");
  const task = rlTask("kit.redis", (n: number) => n);
  await using rl = await createTestRelier({ tasks: [task], mode: "redis", redis: url });
  const handle = await task.apush(1);
  await task.with({ delay: "1h" }).apush(2);
  await rl.killWorker();
  // This takes two seconds of a real clock at most: half a second is the wait for its subscription.
  await until("it is brought back and run", async () => {
    await rl.drain();
    return (await handle.status()).state === "completed";
  });
  assert.ok((await admin.keys("test-*")).length > 3);
  await rl.close();
  assert.deepEqual(await admin.keys("test-*"), []);
  assert.equal(await admin.get("somebody's"), "else");
  admin.disconnect();
});

test("bare pushes go through the test client until it is closed, then through the previous one", async () => {
  const task = rlTask("kit.owned", (n: number) => n);
  const free = rlTask("kit.free", (n: number) => n);
  const port = memory();
  const production = createRelier({ redis: port, tasks: [task] });
  const one = await createTestRelier({ tasks: [task] });
  const two = await createTestRelier();
  await task.apush(1);
  await free.apush(2);
  assert.deepEqual([one.calls(task), one.calls(free)], [[[1]], []]);
  assert.deepEqual([two.calls(task), two.calls(free)], [[], [[2]]]);
  await one.close();
  await task.apush(3);
  assert.deepEqual(two.calls(task), [[3]]);
  await two.close();
  const handle = await task.apush(4);
  assert.equal((await production.handle(handle.id).status()).state, "ready");
  assert.equal(two.calls(task).length, 1);
  await production.close();
  await port.close();
});

test("invalid arguments are refused by name, and inside a handler at once", async () => {
  const refused: [TestRelierOptions, RegExp][] = [
    [{ mode: "mock" as "memory" }, /"mode".* must be "inline", "memory" or "redis"$/],
    [{ clock: "fake" as "real" }, /"clock".* must be "virtual" or "real"$/],
    [{ mode: "redis", redis: "redis://127.0.0.1:1", clock: "virtual" }, /"clock".*its own time$/],
    [{ mode: "redis", redis: "redis://127.0.0.1:1", prefix: "mine" }, /"prefix".*takes a new one$/],
    [{ redis: "redis://127.0.0.1:1" }, /"redis".*left out in mode "memory"/],
    [{ mode: "inline", clock: "real" }, /"clock".*"virtual" in mode "inline"$/],
    [{ tasks: [() => {}] as unknown as [] }, /was not made by rlTask/],
  ];
  for (const [options, message] of refused) {
    await assert.rejects(createTestRelier(options), { name: "TypeError", message });
  }
  const messages: string[] = [];
  const selfish = rlTask("kit.selfish", async () => {
    for (const each of [rl.drain(), rl.tick(1), rl.killWorker()]) {
      await each.catch((error: Error) => messages.push(error.message));
    }
  });
  await using rl = await createTestRelier({ tasks: [selfish] });
  await selfish.apush();
  await rl.drain();
  assert.deepEqual(messages.map((text) => text.split(" from ")[0]), [
    "Cannot drain",
    "Cannot tick",
    "Cannot kill a worker",
  ]);
});
