/**
 * A worker: fills its slots and never exceeds them, shares tasks with others, wakes for
 * new ones, and leaves without a loss.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createRelier, createWorker, type RedisPort, rlTask, taskContext } from "../../../mod.ts";
import { gated } from "../../support/gate.ts";
import { scaled } from "../../support/machine_speed.ts";
import { startRedis } from "../../support/redis.ts";
import { withRelier } from "../../support/relier.ts";
import { freePort } from "../../support/server.ts";
import { bounded, until } from "../../support/until.ts";

const noop = rlTask("noop-worker", (n: number) => n);

const numbers = (length: number): [number][] => Array.from({ length }, (_, i) => [i]);

test(
  "a worker runs as many handlers at once as its concurrency, and never more",
  withRelier(async ({ worker }) => {
    const gate = gated("gated-concurrency");
    const handles = await gate.task.apushMany(numbers(20));
    const w = await worker({ concurrency: 4 });
    await until("four run", () => gate.running.size === 4);
    assert.equal(w.health().running, 4);
    const finished = Promise.all(handles.map((handle) => handle.result()));
    const drive = setInterval(gate.finish, 2);
    await finished.finally(() => clearInterval(drive));
    assert.equal(gate.most, 4);
  }),
);

test(
  "a worker holds as many more as its prefetch, and runs them without another claim",
  withRelier(async ({ worker, queue }) => {
    const gate = gated("gated-prefetch");
    await gate.task.apushMany(numbers(10));
    const w = await worker({ concurrency: 2, prefetch: 3 });
    await until("five are held", async () => (await queue.stats()).counts.running === 5);
    await until("two of them run", () => gate.running.size === 2);
    assert.equal(w.health().running, 2);
    gate.finish();
    await until("the next two run", () => gate.running.has(2) && gate.running.has(3));
    const drive = setInterval(gate.finish, 2);
    await until("all are done", async () => (await queue.stats()).counts.completed === 10)
      .finally(() => clearInterval(drive));
  }),
);

test(
  "a worker lists its tasks, and one without any warns once and names the import that is missing",
  withRelier(async ({ rl, client }) => {
    const warnings: string[] = [];
    const quiet = (): void => {};
    const logger = { info: quiet, error: quiet, warn: (text: string) => void warnings.push(text) };
    const listed = createWorker(rl, { logger });
    await listed.start();
    assert.ok(listed.tasks.includes("noop-worker"));
    await listed.drain();
    assert.deepEqual(warnings, []);
    const none = client({ tasks: [] });
    for (let i = 0; i < 2; i++) {
      const worker = createWorker(none, { logger });
      await worker.tick();
      assert.deepEqual(worker.tasks, []);
      await worker.drain();
    }
    assert.equal(warnings.length, 1);
    assert.match(warnings[0]!, /knows no task.*import "\.\/tasks\.ts"/);
  }),
);

test(
  "queues are served by weight, and none is starved",
  withRelier(async ({ worker, client }) => {
    const order: string[] = [];
    const note = rlTask("weigh", () => void order.push(taskContext().queue));
    for (const queue of ["heavy", "light"]) {
      await note.with({ queue }).apush();
      await Promise.all(Array.from({ length: 99 }, () => note.with({ queue }).apush()));
    }
    await worker({ queues: { heavy: 4, light: 1 }, concurrency: 1 }, client());
    await until("all have run", () => order.length === 200, 10_000);
    const first = order.slice(0, 100).filter((queue) => queue === "heavy").length;
    assert.ok(
      first > 65 && first < 95,
      `${first} of the first 100 were of the queue with weight 4`,
    );
  }),
);

test(
  "an empty queue is served again although another one never is empty",
  withRelier(async ({ worker, client }) => {
    let over = false;
    const again = rlTask("again", async () => {
      if (!over) await again.with({ queue: "full" }).apush();
    });
    const note = rlTask("note", () => "noted");
    const rl = client();
    const started = await worker({ queues: ["full", "quiet"], concurrency: 2 }, rl);
    // The queue always holds more tasks than the worker has slots.
    for (let i = 0; i < 50; i++) await again.with({ queue: "full" }).apush();
    try {
      const handle = await note.with({ queue: "quiet" }).apush();
      assert.equal(await handle.result({ timeout: scaled(5_000) }), "noted");
    } finally {
      over = true;
      await until("the other one is empty", async () => {
        const { ready, running } = (await rl.queue("full").stats()).counts;
        return ready + running === 0;
      });
      await started.drain();
    }
  }),
);

test(
  "an idle worker is woken by a push, without polling",
  withRelier(async ({ worker }) => {
    await worker();
    await noop.call(0);
    const took: number[] = [];
    for (let i = 0; i < 20; i++) {
      // The wait is long enough for the worker to rest again.
      await new Promise((resolve) => setTimeout(resolve, 5));
      const start = performance.now();
      await noop.call(i);
      took.push(performance.now() - start);
    }
    const median = took.sort((a, b) => a - b)[10]!;
    assert.ok(median < scaled(200), `a push, its run and its result took ${median} ms`);
  }),
);

test(
  "two workers share the work, and every task runs once",
  withRelier(async ({ worker, queue }) => {
    const by = new Map<string, number>();
    const runs = new Set<number>();
    const share = rlTask("share", async (n: number) => {
      assert.ok(!runs.has(n), `${n} runs twice`);
      runs.add(n);
      by.set(taskContext().workerId, (by.get(taskContext().workerId) ?? 0) + 1);
      await new Promise((resolve) => setTimeout(resolve, 1));
    });
    await Promise.all([worker({ concurrency: 5 }), worker({ concurrency: 5 })]);
    const handles = await share.apushMany(numbers(300));
    await Promise.all(handles.map((handle) => handle.result()));
    assert.equal(by.size, 2);
    assert.equal((await queue.stats()).events["complete"], 300);
  }),
);

test(
  "a worker reports the events of its tasks, by id and name",
  withRelier(async ({ worker }) => {
    const heard: string[] = [];
    const fail = rlTask(
      "fails-heard",
      { retry: { attempts: 2, backoff: "fixed", base: 1 } },
      () => {
        throw new Error("no");
      },
    );
    const w = await worker();
    for (const name of ["started", "completed", "failed", "dead"] as const) {
      w.on(name, (event) => {
        heard.push(`${name} ${event.name} ${"reason" in event ? event.reason : ""}`.trim());
      });
    }
    await noop.call(1);
    await fail.call().catch(() => {});
    await until("the last was heard", () => heard.some((each) => each.startsWith("dead")));
    assert.deepEqual(heard, [
      "started noop-worker",
      "completed noop-worker",
      "started fails-heard",
      "failed fails-heard failed",
      "started fails-heard",
      "dead fails-heard attempts",
    ]);
  }),
);

test(
  "a worker starts only once",
  withRelier(async ({ worker }) => {
    const w = await worker();
    await assert.rejects(w.start(), { name: "TypeError", message: /Cannot start the worker/ });
    assert.equal(w.health().consuming, true);
    await w.drain();
    await assert.rejects(w.start(), TypeError);
    assert.equal(w.health().consuming, false);
  }),
);

test(
  "health reports the state of a worker",
  withRelier(async ({ worker, rl }) => {
    const idle = createWorker(rl, { handleSignals: false });
    assert.deepEqual([idle.health().consuming, idle.health().lastClaim], [false, null]);
    const w = await worker();
    await noop.call(1);
    const { consuming, lastClaim, leaked, running, rebuilt } = w.health();
    assert.deepEqual({ consuming, leaked, running, rebuilt }, {
      consuming: true,
      leaked: 0,
      running: 0,
      rebuilt: 0,
    });
    assert.ok(Date.now() - lastClaim!.getTime() < 5000);
    assert.match(w.id, /^w[\w-]{22}$/);
  }),
);

test(
  "a drain lets running tasks finish, and claims nothing more",
  withRelier(async ({ worker, queue }) => {
    const gate = gated("gated-drain");
    await gate.task.apushMany(numbers(5));
    const w = await worker({ concurrency: 2, prefetch: 2 });
    await until("two run", () => gate.running.size === 2);
    await until("two more are held", async () => (await queue.stats()).counts.running === 4);
    const draining = w.drain();
    await until("what waited was given back", async () => (await queue.stats()).counts.ready === 3);
    gate.finish();
    assert.deepEqual(await draining, {
      completed: 2,
      handedOff: 2,
      unsettled: 0,
      lost: 0,
      command: null,
    });
    await bounded("stopped", w.stopped);
    const { counts, workers } = await queue.stats();
    assert.deepEqual([counts.ready, counts.running, counts.completed], [3, 0, 2]);
    assert.deepEqual(workers, [], "it is forgotten");
  }),
);

test(
  "a drain hands off unfinished tasks at its deadline: nothing is charged, partial results are kept",
  withRelier(async ({ worker, rl }) => {
    const seen: unknown[] = [];
    const long = rlTask("long-drain", async () => {
      const ctx = taskContext();
      seen.push(ctx.previous?.partialResult, ctx.attempt, ctx.resurrections);
      if (ctx.previous) return "finished elsewhere";
      ctx.partialResult = { page: 7 };
      await until("it gets the signal to stop", () => ctx.signal.aborted);
      seen.push(ctx.signal.reason.code);
      return "too late";
    });
    const first = await worker();
    const handle = await long.apush();
    await until("it runs", () => seen.length > 0);
    assert.deepEqual(await first.drain({ timeout: 20 }), {
      completed: 0,
      handedOff: 1,
      unsettled: 0,
      lost: 0,
      command: null,
    });
    const { facts, history } = await rl.queue("default").inspect(handle.id);
    assert.deepEqual([facts["failures"], facts["crashes"], history[0]?.cause], [
      undefined,
      undefined,
      "drain",
    ]);
    await until("its handler has seen that", () => seen.length === 4);
    await worker();
    assert.equal(await handle.result(), "finished elsewhere");
    assert.deepEqual(seen, [undefined, 1, 0, "RL_DRAINING", { page: 7 }, 1, 0]);
  }),
);

test(
  "a drain ends although every task defers itself",
  withRelier(async ({ worker, queue }) => {
    const retry = { attempts: 1000, backoff: "fixed", base: 1 } as const;
    const again = rlTask("puts-itself-off", { retry }, () => {
      throw new Error("later");
    });
    await Promise.all(Array.from({ length: 50 }, () => again.apush()));
    const w = await worker({ concurrency: 5 });
    await until("they go round", async () => ((await queue.stats()).events["retry"] ?? 0) > 60);
    const report = await bounded("the drain", w.drain(), 5000);
    assert.equal(report.lost, 0);
    const { counts } = await queue.stats();
    assert.deepEqual([counts.running, counts.ready + counts.scheduled], [0, 50]);
  }),
);

test(
  "a worker that never reached Redis still stops, soon",
  withRelier(async ({ client }) => {
    const rl = client({ redis: `redis://127.0.0.1:${await freePort()}` });
    const w = createWorker(rl, { handleSignals: false });
    const starting = w.start().catch((error) => error);
    await bounded("the drain", w.drain(), 8000);
    await bounded("the close", rl.close(), 8000);
    assert.ok(await bounded("the start", starting, 12_000) instanceof Error);
  }),
);

test(
  "a worker that is drained while it starts leaves nothing behind, and does not start again",
  withRelier(async ({ client, port, queue, redis, prefix }) => {
    const own = port();
    let asked = false;
    let answer!: () => void;
    const answered = new Promise<void>((resolve) => answer = resolve);
    const slow: RedisPort = {
      ...own,
      async run(...call) {
        asked = true;
        await answered;
        return await own.run(...call);
      },
    };
    const w = createWorker(client({ redis: slow }), { handleSignals: false });
    const starting = w.start();
    await until("it has asked what server this is", () => asked);
    await w.drain();
    answer();
    await starting;
    assert.deepEqual(await queue.workers(), []);
    assert.deepEqual(await redis.pubsub("CHANNELS", `${prefix}:*@w*`), []);
    await assert.rejects(w.start(), /Cannot start the worker: it is stopped/);
  }),
);

test("a worker refuses a Redis that evicts tasks, and starts once that is fixed", async () => {
  const server = await startRedis({ args: ["--maxmemory-policy", "allkeys-lru"] });
  const rl = createRelier({ redis: server.url });
  try {
    const w = createWorker(rl, { handleSignals: false });
    await assert.rejects(w.start(), {
      code: "RL_DATA_LOSS",
      message: /allkeys-lru/,
      hint: /noeviction/,
    });
    await server.cli("CONFIG", "SET", "maxmemory-policy", "noeviction");
    await w.start();
    await w.drain();
  } finally {
    await rl.close();
    await server.kill();
  }
});
