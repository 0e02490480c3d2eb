/**
 * A fleet of workers on one queue: together they sweep it about as often as one worker would,
 * and a dead one is found as soon.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { channelOf } from "../../../core/protocol/keys.ts";
import { runPhoenix } from "../../../core/recovery/phoenix.ts";
import type { Caller } from "../../../core/redis/call.ts";
import { rlTask } from "../../../mod.ts";
import type { Lab } from "../../support/relier.ts";
import { withRelier } from "../../support/relier.ts";
import { subscriber } from "../../support/moves.ts";
import { scaled } from "../../support/machine_speed.ts";
import { until } from "../../support/until.ts";

/** Makes `count` workers known, which are subscribed if `seen`; returns the end of all of them. */
async function enrol(
  { moves, redis, partition }: Lab,
  { name, count, seen }: { name: string; count: number; seen: boolean },
): Promise<() => void> {
  const ids = Array.from({ length: count }, (_, i) => `${name}${i}`);
  const listener = redis.duplicate();
  if (seen) {
    const channels = ids.map((id) => channelOf(partition, id));
    await listener.subscribe(...channels);
  }
  for (const id of ids) await moves.beat(id, []);
  return () => listener.disconnect();
}

test(
  "two hundred idle workers make hardly more sweeps than one",
  withRelier(async (lab) => {
    const leave = await enrol(lab, { name: "idle", count: 200, seen: true });
    const { caller } = lab.moves;
    let calls = 0;
    const counting: Caller = {
      ...caller,
      port: {
        ...caller.port,
        run(...args) {
          calls++;
          return caller.port.run(...args);
        },
      },
    };
    const over = new AbortController();
    const sweeps = async () => Number(await lab.redis.hget(lab.key("meta"), "seq"));
    const errors: unknown[] = [];
    for (let i = 0; i < 200; i++) {
      runPhoenix({
        caller: counting,
        leaseMs: 10_000,
        sweepMs: 0,
        signal: over.signal,
        onRaised: () => {},
        onError: (error) => errors.push(error),
      }, [lab.partition]);
    }
    await until("each has come once, and they spread out", async () => {
      await new Promise((resolve) => setTimeout(resolve, 1_000));
      return calls >= 200;
    });
    const [before, from] = [await sweeps(), calls];
    const began = performance.now();
    await until("time is over", () => performance.now() - began > 3_000);
    const seconds = (performance.now() - began) / 1000;
    over.abort();
    leave();
    assert.deepEqual(errors, []);
    const swept = (await sweeps() - before) / seconds, called = (calls - from) / seconds;
    assert.ok(swept <= 7, `${swept} sweeps a second`);
    // Each comes once in ten seconds, in case that all others are gone.
    assert.ok(called <= 35, `${called} calls a second`);
  }),
);

test(
  "a dead worker is found among hundreds, within a few sweeps",
  withRelier(async (lab) => {
    const { moves, redis, partition } = lab;
    const leave = await enrol(lab, { name: "other", count: 450, seen: true });
    const die = await subscriber(redis, partition, "victim");
    await moves.push();
    const claim = await moves.claim("victim");
    assert.equal((await moves.beat("victim", [claim])).seen, 1);
    die();
    let sweeps = 0, raised = {};
    await until("it is found", async () => {
      sweeps++;
      raised = await moves.sweep();
      return claim.id in raised || sweeps > 500;
    });
    assert.deepEqual(raised, { [claim.id]: "presence" });
    leave();
  }),
);

test(
  "workers that Redis does not see hide no dead one, however long ago they beat",
  withRelier(async (lab) => {
    const { moves, redis, partition } = lab;
    await enrol(lab, { name: "http", count: 150, seen: false });
    const die = await subscriber(redis, partition, "victim");
    await moves.push();
    const claim = await moves.claim("victim");
    await moves.beat("victim", [claim]);
    await moves.sweep();
    const died = await moves.now();
    die();
    let raised: Readonly<Record<string, string>> = {};
    await until("it is found", async () => claim.id in (raised = await moves.sweep()));
    assert.equal(raised[claim.id], "presence");
    const ms = await moves.now() - died;
    assert.ok(ms >= 500 && ms < scaled(1_500), `it took ${ms} ms`);
  }),
);

/** Resolves once `worker`, which hangs among `idle` others, has lost its task to the only sweeps. */
async function untilConvicted(lab: Lab, idle: number): Promise<void> {
  const { moves, redis, partition } = lab;
  const end = await subscriber(redis, partition, "hung");
  const leave = await enrol(lab, { name: "idle", count: idle, seen: true });
  const leaseMs = 1_000;
  await moves.push();
  const { tasks: [claim] } = await moves.turn({ worker: "hung", slots: 1, leaseMs });
  const over = new AbortController();
  const raised: [id: string, cause: string][] = [];
  const errors: unknown[] = [];
  runPhoenix({
    caller: moves.caller,
    leaseMs,
    sweepMs: 0,
    signal: over.signal,
    onRaised: ({ id, cause }) => raised.push([id, cause]),
    onError: (error) => errors.push(error),
  }, [partition]);
  await until("the task is back", () => raised.length > 0, 5_000);
  over.abort();
  end();
  leave();
  assert.deepEqual([raised.length, raised[0]![0].endsWith(claim!.id), errors], [1, true, []]);
}

test(
  "a hung worker loses its task with the lease, though it is counted among those that sweep",
  withRelier((lab) => untilConvicted(lab, 2)),
);

test(
  "the only worker of a large fleet that does not hang gives no grace after grace",
  withRelier((lab) => untilConvicted(lab, 40)),
);

test(
  "a worker that comes back and goes again gets its whole grace again",
  withRelier(async (lab) => {
    const { moves, redis, partition } = lab;
    const cut = await subscriber(redis, partition, "w1");
    await moves.push();
    const claim = await moves.claim("w1");
    await moves.beat("w1", [claim]);
    cut();
    await until("it is missed", async () => {
      await moves.sweep();
      return (await redis.hget(lab.key("meta"), "missing") ?? "") !== "";
    });
    const again = await subscriber(redis, partition, "w1");
    assert.deepEqual(await moves.sweep(), {}, "it is back, and has not beaten yet");
    assert.equal(await redis.hget(lab.key("meta"), "missing"), "");
    again();
    const left = await moves.now();
    await until("it is found", async () => claim.id in await moves.sweep());
    assert.ok(await moves.now() - left >= 500);
  }),
);

test(
  "tasks whose retention is over are purged as fast as sweeps can follow each other",
  withRelier(async (lab) => {
    const short = rlTask("short-retention", () => {});
    const count = 2_000;
    await short.apushMany(Array.from({ length: count }, (): [] => []));
    const worker = await lab.worker({ concurrency: 100 });
    await until("all are done", async () => {
      return (await lab.queue.stats()).counts.completed === count;
    });
    await worker.drain();
    const past = String(await lab.moves.now() - 1);
    const ids = await lab.redis.zrange(lab.key("completed"), "0", "-1");
    await lab.redis.zadd(lab.key("completed"), ...ids.flatMap((id) => [past, id]));

    let sweeps = 0;
    const port = lab.port();
    const relier = lab.client({
      redis: {
        ...port,
        run(program, ...rest) {
          if (program.name === "sweep") sweeps++;
          return port.run(program, ...rest);
        },
      },
    });
    await lab.worker({}, relier);
    await until("all are purged", async () => (await lab.queue.stats()).counts.completed === 0);
    assert.ok(sweeps <= count / 200 + 3, `${sweeps} sweeps`);
  }),
);

test(
  "a tick purges as much as it has time for, not one page",
  withRelier(async (lab) => {
    const { moves, redis } = lab;
    for (let i = 0; i < 3; i++) {
      await moves.pushRows(Array.from({ length: 200 }, () => ({})));
      const { tasks } = await moves.turn({ slots: 200 });
      for (const claim of tasks) await moves.settle(claim, "complete");
    }
    const past = String(await moves.now() - 1);
    const ids = await redis.zrange(lab.key("completed"), "0", "-1");
    await redis.zadd(lab.key("completed"), ...ids.flatMap((id) => [past, id]));
    const { createWorker } = await import("../../../mod.ts");
    await createWorker(lab.rl, { handleSignals: false }).tick();
    assert.equal((await lab.queue.stats()).counts.completed, 0);
  }),
);
