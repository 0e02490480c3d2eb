/**
 * Work within one invocation: a tick runs waiting tasks, brings back those of dead
 * workers, keeps to its budget, and leaves nothing behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorker, rlTask, taskContext, type TickReport, type Worker } from "../../../mod.ts";
import { scaled, stretched } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { overHttp } from "../../support/http_port.ts";
import { until } from "../../support/until.ts";

const double = rlTask("tick-double", (n: number) => 2 * n);

/** A worker that only ticks; the caller drains it at the end. */
function ticker({ rl }: Pick<Lab, "rl">, options: Parameters<typeof createWorker>[1] = {}): Worker {
  return createWorker(rl, { handleSignals: false, ...options });
}

const numbers = (length: number): [number][] => Array.from({ length }, (_, i) => [i]);

test(
  "a tick runs waiting tasks and those that they push, and reports that",
  withRelier(async (lab) => {
    // No retry falls into this tick, however long it takes.
    const retry = { backoff: "fixed", base: "1m" } as const;
    const parent = rlTask("tick-parent", { retry }, async (n: number) => {
      await double.apush(n);
      if (n === 2) throw new Error("no");
    });
    await parent.apushMany(numbers(3));
    await double.with({ delay: "1h" }).apush(1);
    const worker = ticker(lab, { concurrency: 2 });
    const { nextMs, ...report } = await worker.tick();
    assert.deepEqual(report, { completed: 5, failed: 1, handedOff: 0, overran: [], more: false });
    assert.ok(nextMs !== null && nextMs <= 60_000, `next is due in ${nextMs} ms`);
    assert.deepEqual((await lab.queue.stats()).workers, []);
  }),
);

test(
  "a tick with nothing to do asks once, and expects nothing",
  withRelier(async (lab) => {
    const report = await ticker(lab).tick();
    assert.deepEqual(report, {
      completed: 0,
      failed: 0,
      handedOff: 0,
      overran: [],
      more: false,
      nextMs: null,
    });
  }),
);

test(
  "a tick claims no more than it may, and reports that more are waiting",
  withRelier(async (lab) => {
    await double.apushMany(numbers(12));
    const worker = ticker(lab, { concurrency: 4, prefetch: 3 });
    const first = await worker.tick({ max: 7 });
    assert.deepEqual(first, {
      completed: 7,
      failed: 0,
      handedOff: 0,
      overran: [],
      more: true,
      nextMs: 0,
    });
    assert.equal((await lab.queue.stats()).counts.ready, 5);
    const second = await worker.tick({ max: 100 });
    assert.deepEqual([second.completed, second.more], [5, false]);
  }),
);

test(
  "a tick runs no more handlers at once than its concurrency",
  withRelier(async (lab) => {
    let running = 0, most = 0;
    const busy = rlTask("tick-busy", async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 2));
      running--;
    });
    await busy.apushMany(Array.from({ length: 20 }, () => []));
    assert.equal((await ticker(lab, { concurrency: 3 }).tick()).completed, 20);
    assert.equal(most, 3);
  }),
);

test(
  "a task that still runs at the end of the budget is handed off with its partial result, uncharged",
  withRelier(async (lab) => {
    let reason: unknown;
    const slow = rlTask("tick-slow", async () => {
      const ctx = taskContext<number>();
      const before = ctx.previous?.partialResult ?? 0;
      if (before === 0) {
        ctx.partialResult = 41;
        await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
        reason = ctx.signal.reason;
      }
      return before + 1;
    });
    const handle = await slow.apush();
    const worker = ticker(lab);
    const budget = stretched(600);
    const start = performance.now();
    const report = await worker.tick({ budget });
    const took = performance.now() - start;
    assert.deepEqual(report, {
      completed: 0,
      failed: 0,
      handedOff: 1,
      overran: [],
      more: true,
      nextMs: 0,
    });
    assert.ok(
      took > budget - 10 && took < budget + scaled(1500),
      `a tick of ${budget} ms took ${took} ms`,
    );
    assert.equal((reason as { code?: string }).code, "RL_DRAINING");
    assert.equal((await handle.status()).attempt, 1);
    assert.equal((await worker.tick()).completed, 1);
    assert.equal(await handle.result(), 42);
    const { history } = await lab.queue.inspect(handle.id);
    assert.deepEqual(history.map((each) => each.cause), ["drain", "completed"]);
  }),
);

/** Short ticks, until the task `id` is in `state`; returns the reports. */
async function tickUntil(lab: Lab, id: string, state: string): Promise<TickReport[]> {
  const reports: TickReport[] = [];
  while ((await lab.rl.handle(id).status()).state !== state) {
    assert.ok(reports.length < 100, `it is not ${state} after ${reports.length} ticks`);
    reports.push(await ticker(lab).tick({ budget: stretched(100) }));
  }
  return reports;
}

test(
  "a task that is longer than its tick ends dead with a reason, and each report names it",
  withRelier(async (lab) => {
    let starts = 0;
    const slow = rlTask("tick-too-long", { retry: 2 }, async () => {
      starts++;
      const { signal } = taskContext();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    const { id } = await slow.apush();
    const reports = await tickUntil(lab, id, "dead");
    assert.equal(starts, 10);
    const named = reports.flatMap(({ overran }) => overran);
    assert.deepEqual(named, Array(10).fill({ id, name: "tick-too-long" }));
    const { facts, error, history } = await lab.queue.inspect(id);
    assert.deepEqual([facts["reason"], facts["failures"], facts["crashes"]], [
      "budget",
      "2",
      undefined,
    ]);
    assert.match(error!.message, /handed off 5 times in a row .* longer than its invocation/);
    assert.deepEqual(history.map(({ cause }) => cause).slice(0, 5), [
      ...Array(4).fill("drain"),
      "budget",
    ]);
  }),
);

const parts = 7;

/** Does one part in each tick; the context remembers the parts. */
const inParts = rlTask("tick-in-parts", { retry: 1 }, async (by: "partial" | "step") => {
  const ctx = taskContext<number>();
  const cutOff = new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  if (by === "partial") {
    const done = ctx.previous?.partialResult ?? 0;
    if (done === parts) return "done";
    ctx.partialResult = done + 1;
    return await cutOff;
  }
  for (let n = 0; n < parts; n++) {
    let fresh = false;
    await ctx.step(`part ${n}`, () => fresh = true);
    if (fresh) return await cutOff;
  }
  return "done";
});

for (const by of ["partial", "step"] as const) {
  test(
    `a task that gets further by a ${by} in each tick is never charged for its length`,
    withRelier(async (lab) => {
      const { id } = await inParts.apush(by);
      const reports = await tickUntil(lab, id, "completed");
      assert.ok(reports.length > parts);
      for (const { overran } of reports) assert.deepEqual(overran, []);
    }),
  );
}

test(
  "a task that begins from the beginning in each tick gets nowhere, whatever it reports",
  withRelier(async (lab) => {
    let starts = 0;
    const slow = rlTask("tick-from-zero", { retry: 1 }, async () => {
      const ctx = taskContext<number>();
      ctx.partialResult = 40 - starts++;
      await new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
    });
    const { id } = await slow.apush();
    await tickUntil(lab, id, "dead");
    // The first partial result is larger than none.
    assert.equal(starts, 1 + 5);
  }),
);

test(
  "an attempt that fails for another reason begins the count of hand-offs again",
  withRelier(async (lab) => {
    let starts = 0;
    const retry = { attempts: 3, backoff: "fixed", base: 1 } as const;
    const slow = rlTask("tick-fails-between", { retry }, async () => {
      if (++starts === 5) throw new Error("no");
      const { signal } = taskContext();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    const { id } = await slow.apush();
    await tickUntil(lab, id, "dead");
    assert.equal(starts, 4 + 1 + 5 + 5);
  }),
);

test(
  "the budget runs while Redis is silent, and nothing is claimed when it is over",
  withRelier(async (lab) => {
    const { port, calls, cut } = overHttp(lab.port());
    await double.apush(1);
    const worker = ticker({ rl: lab.client({ redis: port }) });
    const mend = cut();
    const over = performance.now() + 60;
    const ticking = worker.tick({ budget: 50 });
    await until("the budget is over", () => performance.now() > over);
    mend();
    const report = await ticking;
    assert.deepEqual(report, {
      completed: 0,
      failed: 0,
      handedOff: 0,
      overran: [],
      more: true,
      nextMs: 0,
    });
    assert.ok(!calls.includes("settle_and_claim"), calls.join());
    assert.equal((await worker.tick()).completed, 1);
  }),
);

test(
  "a tick that is cut off loses nothing: a later one runs the task when the lease is over",
  withRelier(async (lab) => {
    const { port, cut } = overHttp(lab.port());
    const runs: number[] = [];
    const slow = rlTask("tick-cut", async () => {
      runs.push(taskContext().resurrections);
      if (runs.length === 1) await new Promise(() => {});
      return "done";
    });
    const handle = await slow.apush();
    const victim = ticker({ rl: lab.client({ redis: port }) }, { lease: "1s" });
    const cutOff = victim.tick();
    await until("it runs", () => runs.length === 1);
    const mend = cut();
    const worker = ticker(lab, { lease: "1s" });
    await until("it has run again", async () => (await worker.tick()).completed === 1);
    assert.equal(await handle.result(), "done");
    assert.deepEqual(runs, [0, 1]);
    assert.equal((await lab.queue.inspect(handle.id)).history[0]!.cause, "lease");
    mend();
    assert.equal((await cutOff).completed, 0);
  }),
);

test(
  "a task comes back although no worker sweeps more often than leases end",
  withRelier(async (lab) => {
    const { redis, moves, key, partition } = lab;
    const handle = await double.apush(21);
    await moves.claim("gone");
    const worker = ticker(lab);
    const local = handle.id.split("~")[2]!;
    // An hour passes, and another one: the lease has long ended, and the last sweep was before it.
    const pass = async (ms: number) => {
      for (const field of ["swept", "rare", "graceFrom"]) {
        await redis.hincrby(key("meta"), field, -ms);
      }
      await redis.zincrby(key("running"), -ms, local);
    };
    await worker.tick();
    await pass(3_600_000);
    await worker.tick();
    assert.equal((await handle.status()).state, "running", partition.root);
    await pass(3_600_000);
    assert.equal((await worker.tick()).completed, 1);
    assert.equal(await handle.result(), 42);
  }),
);

test(
  "a tick reports when a suspect is due, and then runs it",
  withRelier(async (lab) => {
    const { moves } = lab;
    const handle = await double.apush(4);
    const local = handle.id.split("~")[2]!;
    await moves.claim("gone-1");
    await moves.crash("gone-1");
    await moves.age("scheduled", local, -1);
    await moves.turn({ worker: "gone-2", slots: 1 });
    await moves.claim("gone-2");
    await moves.crash("gone-2");
    const worker = ticker(lab);
    const { completed, nextMs } = await worker.tick();
    assert.equal(completed, 0);
    assert.ok(nextMs !== null && nextMs > 0 && nextMs <= 500, `it is due in ${nextMs} ms`);
    await moves.age("quarantined", local, -1);
    await double.apush(5);
    assert.equal((await worker.tick()).completed, 2);
    assert.equal(await handle.result(), 8);
  }),
);

test(
  "without subscriptions an idle tick costs two commands, and one with a task four",
  withRelier(async (lab) => {
    const { port, calls } = overHttp(lab.port());
    const worker = ticker({ rl: lab.client({ redis: port }) });
    await worker.tick();
    assert.deepEqual(calls.splice(0), ["server_info", "sweep", "settle_and_claim"]);
    await until(
      "a sweep is worth it",
      () => new Promise((resolve) => setTimeout(() => resolve(true), 30)),
    );
    await worker.tick();
    assert.deepEqual(calls.splice(0), ["sweep", "settle_and_claim"]);
    await double.apush(1);
    assert.equal((await worker.tick()).completed, 1);
    assert.deepEqual(calls.splice(0), ["sweep", "settle_and_claim", "settle_and_claim", "sweep"]);
    assert.deepEqual((await lab.queue.stats()).workers, []);
  }),
);

test(
  "after a tick there is no timer, no subscription and no worker",
  withRelier(async (lab) => {
    const timers = () => process.getActiveResourcesInfo().filter((each) => each === "Timeout");
    await ticker(lab).tick();
    const before = timers().length;
    await double.apushMany(numbers(3));
    assert.equal((await ticker(lab).tick()).completed, 3);
    await until("its timers are gone", () => timers().length <= before);
    await until("its subscription is gone", async () => {
      const channels = await lab.redis.pubsub("CHANNELS", `${lab.prefix}:*@w*`) as string[];
      return channels.length === 0;
    });
    assert.deepEqual((await lab.queue.stats()).workers, []);
  }),
);

test(
  "a worker does one thing at a time: a tick beside another, or beside a start, is refused",
  withRelier(async (lab) => {
    let release: (() => void) | undefined;
    const held = rlTask("tick-held", () => new Promise<void>((resolve) => release = resolve));
    await held.apush();
    const worker = ticker(lab);
    const first = worker.tick();
    await assert.rejects(worker.tick(), /Cannot tick the worker: it is ticking; wait for that/);
    await assert.rejects(worker.start(), /Cannot start the worker: it is ticking/);
    await until("it runs", () => release !== undefined);
    release!();
    assert.equal((await first).completed, 1);
    const started = await lab.worker();
    await assert.rejects(started.tick(), /it is working; it claims by itself/);
    await worker.start();
    await worker.drain();
    await assert.rejects(worker.tick(), /it is stopped; make another one/);
  }),
);

test(
  "options that a tick cannot take are refused by name, and nothing is asked of Redis",
  withRelier(async (lab) => {
    const { port, calls } = overHttp(lab.port());
    const worker = ticker({ rl: lab.client({ redis: port }) });
    await assert.rejects(worker.tick({ budget: 0 }), /"budget"/);
    await assert.rejects(worker.tick({ budget: "soon" as never }), /"budget"/);
    await assert.rejects(worker.tick({ max: 0 }), /"max"/);
    await assert.rejects(worker.tick({ max: 1.5 }), /"max"/);
    await assert.rejects(worker.tick({ limit: 5 } as never), /"limit"/);
    assert.deepEqual(calls, []);
    assert.equal((await worker.tick()).completed, 0);
  }),
);

test(
  "a drain during a tick hands off at its own deadline",
  withRelier(async (lab) => {
    let running = false;
    const slow = rlTask("tick-drained", async () => {
      running = true;
      const { signal } = taskContext();
      await new Promise((resolve) => signal.addEventListener("abort", resolve));
    });
    await slow.apush();
    const worker = ticker(lab);
    const ticking = worker.tick();
    await until("it runs", () => running);
    assert.equal((await worker.drain({ timeout: 20 })).handedOff, 1);
    assert.equal((await ticking).handedOff, 1);
    assert.equal((await lab.queue.stats()).counts.ready, 1);
  }),
);
