/**
 * Redis stands still for more than twenty leases, and its clock is another one afterwards.
 * No worker is convicted for it, and no task is charged.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as pause } from "node:timers/promises";
import { Redis } from "ioredis";
import { clockKey, steppedClock } from "../../cli/lab/stepped_clock.ts";
import { connect } from "../../adapters/ioredis.ts";
import { createRelier, createWorker, rlTask } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { stays, until } from "../support/until.ts";

const leaseMs = 1_000;
const hour = 3_600;
const tasks = 8;

for (const step of [0, hour, -hour]) {
  const clock = step === 0 ? "the same clock" : `its clock an hour ${step > 0 ? "ahead" : "back"}`;
  test(`Redis stops for 22 leases and goes on with ${clock}: no live worker is charged`, async () => {
    const server = await startRedis();
    const rl = createRelier({ redis: steppedClock(connect(server.url)), logger: false });
    const command = new Redis(server.url);
    let runs = 0, finish = () => {};
    const gate = new Promise<void>((resolve) => finish = resolve);
    const long = rlTask("outlasts-a-stop", () => {
      runs++;
      return gate;
    });
    const workers = [1, 2].map(() =>
      createWorker(rl, { lease: leaseMs, concurrency: tasks, handleSignals: false })
    );
    const resurrected: unknown[] = [];
    try {
      for (const worker of workers) {
        worker.on("resurrected", (event) => resurrected.push(event));
        worker.on("error", () => {});
        await worker.start();
      }
      const handles = await rl.apushMany(long, Array.from({ length: tasks }, () => []));
      await until("all run", () => runs === tasks);
      server.pause();
      // It waits in the socket, so the clock steps before any other command is answered.
      const stepped = command.set(clockKey("rl", "default"), String(step));
      await pause(22 * leaseMs);
      server.resume();
      await stepped;
      // Every grace ends in this time, so a wrong verdict would follow.
      await stays("no task is resurrected", () => resurrected.length === 0, 4 * leaseMs);
      finish();
      for (const handle of handles) await handle.result({ timeout: scaled(10_000) });
      // A worker hands off what it cannot renew, at no cost: its lease may have ended.
      const { causes, events } = await rl.queue("default").stats();
      assert.deepEqual([causes, resurrected, events["complete"]], [{}, [], tasks]);
      assert.equal(runs, tasks + (events["handoff"] ?? 0));
      assert.deepEqual(await rl.queue("default").audit(), []);
    } finally {
      server.resume();
      finish();
      await Promise.all(workers.map((worker) => worker.drain()));
      command.disconnect();
      await rl.close();
      await server.kill();
    }
  });
}
