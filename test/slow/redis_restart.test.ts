/**
 * Redis with an append-only file is killed and restarted, while workers and producers
 * are busy. They continue on their own, and no task is charged.
 *
 * With `everysec`, Redis itself may lose acknowledged writes while its disk is busy. A
 * counter beside the queue reveals such a loss, and then tasks of that moment may run
 * again.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { Redis } from "ioredis";
import { createRelier, type TaskHandle } from "../../mod.ts";
import { openWorkerProcesses } from "../support/worker_processes.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound } from "../support/leftovers.ts";
import { order, type RunIdentity } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const restarts = 3;
const workers = 3;
const batch = 20;
/** The least number of completed tasks between two restarts. */
const enough = 150;

async function outlive(aof: "always" | "everysec"): Promise<void> {
  const server = await startRedis({ aof });
  const rl = createRelier({ redis: server.url, logger: false });
  const processes = await openWorkerProcesses(server.url);
  const queue = rl.queue("default");
  const handles = new Map<string, TaskHandle<RunIdentity>>();
  let over = false;

  /** Pushes until the test ends; every acknowledged task has to complete. */
  async function produce(name: string): Promise<void> {
    for (let round = 0; !over; round++) {
      const rows = Array.from(
        { length: batch },
        (_, i) => [`${name}-${round}-${i}`, 5 + (i * 7) % 40] as [string, number],
      );
      const pushed = await Promise.all(rows.map(([key, ms]) => rl.apush(order, key, ms)));
      rows.forEach(([key], i) => handles.set(key, pushed[i]!));
      await until("the queue is not too long", async () => {
        return over || (await queue.stats()).counts.ready < 300;
      }, 20_000);
    }
  }

  /** Counts until the test ends; `acknowledged` is the last acknowledged number. */
  const counter = new Redis(server.url);
  let acknowledged = 0;
  let forgot = false;
  counter.on("error", () => {});
  async function tick(): Promise<void> {
    while (!over) {
      const n = await counter.incr("counter").catch(() => 0);
      if (n > 0 && n <= acknowledged) forgot = true;
      acknowledged = Math.max(acknowledged, n);
    }
  }

  try {
    const ticking = tick();
    await Promise.all(
      Array.from({ length: workers }, () => processes.startWorker({ concurrency: 5 })),
    );
    const producers = Promise.all(["a", "b"].map(produce));
    const done = () => processes.effectLog.of("end").length;
    const gaps: number[] = [];
    for (let i = 0; i < restarts; i++) {
      const goal = done() + enough;
      await until("work goes on", () => done() >= goal, 20_000);
      await server.kill();
      const killedAt = performance.now();
      await server.restart();
      const before = done();
      await until("work goes on after the restart", () => done() > before + 20, 15_000);
      gaps.push(Math.round(performance.now() - killedAt));
    }
    over = true;
    await Promise.all([producers, ticking]);
    await counter.del("counter");
    await until("all is done", async () => {
      const { counts } = await queue.stats();
      return counts.ready + counts.scheduled + counts.running + counts.quarantined === 0;
    }, 20_000);

    forgot ||= processes.effectLog.of("loss").length > 0;
    const remark = forgot ? ", and Redis has forgotten writes" : "";
    console.log(`# ${aof}: ${handles.size} tasks, on ${gaps.join(", ")} ms after a kill${remark}`);
    assert.equal(processes.alive.length, workers);
    assert.equal(new Set(processes.effectLog.effects()).size, processes.effectLog.effects().length);
    if (forgot) assert.equal(aof, "everysec");
    else await assertUntouched();
    for (const { code } of await processes.drainAll()) assert.equal(code, 0);
    await assertSound(server.url, ["default"]);
  } finally {
    over = true;
    counter.disconnect();
    await processes.close();
    await rl.close();
    await server.kill();
  }

  /**
   * Asserts that every task was done, no worker died, no task was resurrected, and none
   * ran twice.
   */
  async function assertUntouched(): Promise<void> {
    assert.deepEqual(processes.effectLog.effects().sort(), [...handles.keys()].sort());
    for (const [key, handle] of handles) {
      assert.equal((await handle.result({ timeout: scaled(5_000) })).key, key);
    }
    assert.equal(processes.effectLog.of("start").length, handles.size);
    const { events } = await queue.stats();
    for (const event of ["resurrect", "quarantine", "abandon"]) assert.equal(events[event] ?? 0, 0);
    for (const { id } of handles.values()) {
      assert.equal((await queue.inspect(id)).facts["crashes"], undefined);
    }
    assert.deepEqual(processes.effectLog.of("loss"), []);
  }
}

describe("Redis is killed and restarted three times under load, and nothing is lost", () => {
  test("with appendfsync always", () => outlive("always"));
  test("with appendfsync everysec", () => outlive("everysec"));
});
