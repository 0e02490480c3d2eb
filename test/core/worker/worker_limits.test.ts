/**
 * A worker and a client at their limits: listeners that throw, an unreachable Redis,
 * and prefetched tasks at a drain.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "ioredis";
import * as v from "valibot";
import { ioredis } from "../../../adapters/ioredis.ts";
import {
  RedisError,
  RelierError,
  rlTask,
  taskContext,
  type WorkerEventName,
} from "../../../mod.ts";
import { listeningLogger } from "../../support/listening_logger.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { freePort } from "../../support/server.ts";
import { bounded, stays, until } from "../../support/until.ts";

const double = rlTask("double", (n: number) => 2 * n);

test(
  "a listener that throws is reported, and stops neither the worker nor its other listeners",
  withRelier(async ({ worker }) => {
    const names: WorkerEventName[] = [
      "started",
      "completed",
      "failed",
      "dead",
      "draining",
      "error",
    ];
    const after: string[] = [];
    const failing = rlTask(
      "failing-heard",
      { retry: { attempts: 2, backoff: "fixed", base: 1 } },
      () => {
        throw new Error("no");
      },
    );
    const { logger, lines } = listeningLogger();
    const w = await worker({ logger });
    for (const name of names) {
      w.on(name, () => {
        throw new Error(`listening to ${name}`);
      }).on(name, () => after.push(name));
    }
    assert.equal(await double.call(21), 42);
    await assert.rejects(failing.call(), /no/);
    assert.deepEqual(await w.drain(), {
      completed: 1,
      handedOff: 0,
      unsettled: 0,
      lost: 0,
      command: null,
    });
    const heard = ["started", "completed", "started", "failed", "started", "dead", "draining"];
    assert.deepEqual(after, heard);
    const threw = lines.filter(([message]) => message.includes("threw"));
    assert.equal(threw.length, heard.length);
    assert.equal(threw[1]![0], 'a listener of "completed" threw');
    assert.match(String(threw[1]![1]["error"]), /listening to completed/);
  }),
);

test(
  "an onPushError that throws is reported, and nothing else happens",
  withRelier(async ({ client }) => {
    const { logger, lines } = listeningLogger();
    const rl = client({
      logger,
      redis: {
        run: () => Promise.reject(new TypeError("no such server")),
        wait: () => Promise.resolve(),
        close: () => Promise.resolve(),
      },
      onPushError: () => {
        throw new Error("in onPushError");
      },
    });
    await assert.rejects(async () => void await rl.push(double, 1), /no such server/);
    await rl.flush();
    assert.deepEqual(lines.map(([message]) => message), ["onPushError threw"]);
    assert.match(String(lines[0]![1]["error"]), /in onPushError/);
  }),
);

test(
  "flush() also waits for a push that is sent again",
  withRelier(async ({ client, pushErrors, port: open }) => {
    const port = open();
    let calls = 0;
    const run: typeof port.run = (...call) =>
      ++calls === 1 ? Promise.reject(new RedisError("cut", "unknown")) : port.run(...call);
    const rl = client({ redis: { ...port, run } });
    const pending = rl.push(double, 1);
    await rl.flush();
    assert.equal(pending.acked, true);
    assert.deepEqual([calls, pushErrors], [2, []]);
    await rl.close();
    await port.close();
  }),
);

test(
  "pushMany and apushMany push nothing if one payload is refused",
  withRelier(async ({ queue }) => {
    const list: [number][] = [[1], [NaN], [2]];
    assert.throws(() => double.pushMany(list), { code: "RL_VALIDATION" });
    await assert.rejects(double.apushMany(list), { code: "RL_VALIDATION" });
    assert.equal((await queue.stats()).counts.ready, 0);
  }),
);

test(
  "pushMany and apushMany of many tasks let the event loop turn between their calls",
  withRelier(async ({ client, port, queue }) => {
    const own = port();
    const turns = new Set<number>();
    let turn = 0;
    let over = false;
    const next = () => {
      turn++;
      if (!over) setImmediate(next);
    };
    const rl = client({
      redis: {
        ...own,
        async run(program, ...call) {
          // No call reaches Redis before all are made: no answer lets the event loop turn.
          if (program.name !== "push") return await own.run(program, ...call);
          turns.add(turn);
          await new Promise((resolve) => setTimeout(resolve, 500));
          return ["ok", "", 0, [], []];
        },
      },
    });
    next();
    const many = Array.from({ length: 30_000 }, (_, n): [number] => [n]);
    await rl.apushMany(double, many);
    assert.ok(turns.size > 1, `apushMany made its calls in ${turns.size} turn`);
    turns.clear();
    await rl.within({}, () => Promise.all(double.pushMany(many)));
    over = true;
    assert.ok(turns.size > 1, `pushMany made its calls in ${turns.size} turn`);
    assert.equal((await queue.stats()).counts.ready, 0);
  }),
);

test(
  "apushMany of 50,000 tasks sends its pages in many turns of the event loop",
  withRelier(async ({ client, port }) => {
    const own = port();
    let [inThisTurn, most, pages, over] = [0, 0, 0, false];
    const rl = client({
      redis: {
        ...own,
        async run(program, ...call) {
          if (program.name !== "push") return await own.run(program, ...call);
          pages++;
          most = Math.max(most, ++inThisTurn);
          await new Promise((resolve) => setImmediate(resolve));
          return ["ok", "", 0, [], [], []];
        },
      },
    });
    const next = () => {
      inThisTurn = 0;
      if (!over) setImmediate(next);
    };
    next();
    const handles = await rl.apushMany(double, Array.from({ length: 50_000 }, (_, n) => [n]));
    over = true;
    assert.equal(new Set(handles.map(({ id }) => id)).size, 50_000);
    assert.ok(most < pages / 5, `one turn sent ${most} of ${pages} pages`);
  }),
);

test(
  "a client that closes while apushMany sends its pages waits for all of them",
  withRelier(async ({ client, queue }) => {
    const rl = client();
    let valid = 0;
    const counted = rlTask("counted-many", {
      replace: true,
      input: v.pipe(v.number(), v.check(() => ++valid > 0)),
    }, () => {});
    const many = Array.from({ length: 20_000 }, (_, n): [number] => [n]);
    const pushing = rl.apushMany(counted, many);
    await until("every payload is checked", () => valid === many.length);
    await rl.close();
    assert.equal((await pushing).length, many.length);
    assert.equal((await queue.stats()).counts.ready, many.length);
  }),
);

test(
  "close() with an unreachable Redis ends, and every push is reported",
  withRelier(async ({ client, pushErrors }) => {
    const idle = client({ redis: `redis://127.0.0.1:${await freePort()}` });
    await bounded("the close of a client that did nothing", idle.close(), 500);
    const unreachable = new Redis({ host: "127.0.0.1", port: await freePort(), lazyConnect: true });
    const port = ioredis(unreachable, { timeoutMs: 300 });
    const rl = client({ redis: port });
    const pushes = [rl.push(double, 1), rl.push(double, 2)];
    const refusals = pushes.map((pending) => Promise.resolve(pending).catch((error) => error));
    const waiting = rl.handle("default~0~" + "x".repeat(22)).result().catch((error) => error);
    await bounded("the close", rl.close(), 4000);
    for (const { code } of await Promise.all(refusals) as RelierError[]) {
      assert.equal(code, "RL_CONNECTION");
    }
    assert.equal(pushErrors.length, 2);
    assert.equal((await bounded("the wait", waiting, 500) as RelierError).code, "RL_CONNECTION");
    await port.close();
  }),
);

test(
  "prefetched tasks of a worker are handed back first when it leaves, and run elsewhere",
  withRelier(async ({ worker, queue, client }) => {
    const starts: string[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => open = resolve);
    const wait = rlTask("held-ready", async (n: number) => {
      const { workerId, attempt, resurrections } = taskContext();
      starts.push(`${n} ${workerId} ${attempt} ${resurrections}`);
      if (n === 0) await gate;
      return n;
    });
    const handles = await wait.apushMany([[0], [1], [2], [3]]);
    const leaver = await worker({ concurrency: 1, prefetch: 3 });
    await until("all are held", async () => (await queue.stats()).counts.running === 4);
    const leaving = leaver.drain({ timeout: "10s" });
    await until("three are back", async () => (await queue.stats()).counts.ready === 3);
    const stayer = await worker({}, client());
    assert.deepEqual(await Promise.all(handles.slice(1).map((each) => each.result())), [1, 2, 3]);
    open();
    assert.deepEqual(await leaving, {
      completed: 1,
      handedOff: 3,
      unsettled: 0,
      lost: 0,
      command: null,
    });
    assert.deepEqual(
      starts,
      [0, 1, 2, 3].map((n) => `${n} ${(n === 0 ? leaver : stayer).id} 1 0`),
    );
    for (const { id } of handles.slice(1)) {
      const { facts } = await queue.inspect(id);
      assert.deepEqual([facts["failures"], facts["crashes"]], [undefined, undefined]);
    }
  }),
);

test(
  "a handler learns at the end of its lease that Redis is silent, not when the call gives up",
  withRelier(async ({ client, queue, worker, port: open }) => {
    const port = open();
    let silent = false;
    const relier = client({
      redis: {
        ...port,
        run: (program, ...rest) =>
          silent && program.name === "heartbeat"
            ? new Promise(() => {})
            : port.run(program, ...rest),
      },
    });
    const waiting = rlTask("waits-for-its-signal", async () => {
      const { signal } = taskContext();
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
      return RelierError.is(signal.reason, "RL_LEASE_LOST") && performance.now();
    });
    const handed: string[] = [];
    const w = await worker({ lease: "1s", phoenix: false }, relier);
    w.on("handedOff", ({ reason }) => handed.push(reason!));
    w.on("started", () => silent = true);
    const start = performance.now();
    await relier.apush(waiting);
    await until("it was given back", () => handed.length > 0, 5000);
    const ms = performance.now() - start;
    assert.ok(ms >= 1000 && ms < scaled(3000), `given back after ${Math.round(ms)} ms`);
    assert.deepEqual(handed.slice(0, 1), ["connection"]);
    await w.drain({ timeout: 0 });
    assert.equal((await queue.stats()).counts.ready, 1);
    await port.close();
  }),
);

test(
  "a worker that has left is gone, even if its last beat is slower than its leave",
  withRelier(async ({ client, queue, worker, port: open }) => {
    const port = open();
    const held: (() => void)[] = [];
    let slow = false;
    const run: typeof port.run = async (program, ...rest) => {
      if (slow && program.name === "heartbeat") await new Promise<void>((go) => held.push(go));
      return await port.run(program, ...rest);
    };
    const relier = client({ redis: { ...port, run } });
    let finish = () => {};
    const gate = new Promise<void>((resolve) => finish = resolve);
    const gated = rlTask("gated", () => gate);
    const leaver = await worker({ lease: "1s" }, relier);
    leaver.on("started", () => slow = true);
    const handle = await relier.apush(gated);
    await until("a beat is under way", () => held.length > 0);
    finish();
    await handle.result();
    const leaving = leaver.drain();
    await stays("it waits for its beat", async () => (await queue.workers()).length === 1, 100);
    held.forEach((go) => go());
    await leaving;
    assert.deepEqual(await queue.workers(), []);
    await port.close();
  }),
);
