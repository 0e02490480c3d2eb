/**
 * A worker drains while it runs 12 tasks and holds 30 more. Whatever happens to it
 * then, each task finishes here or starts elsewhere, and none is charged for it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createRelier, type TaskHandle, type WorkerOptions } from "../../mod.ts";
import {
  openWorkerProcesses,
  type WorkerProcess,
  type WorkerProcesses,
} from "../support/worker_processes.ts";
import { scaled, stretched } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound, withRedis } from "../support/leftovers.ts";
import { hold, type RunIdentity } from "../support/tasks.ts";
import { bounded, until } from "../support/until.ts";

const server = await startRedis();
const rl = createRelier({ redis: server.url, logger: false });
after(async () => {
  await rl.close();
  await server.kill();
});

const [running, prefetched] = [12, 30];
const all = running + prefetched;

/** A worker that leaves, and one that stays. */
interface Farewell {
  readonly queue: string;
  readonly processes: WorkerProcesses;
  readonly handles: readonly TaskHandle<RunIdentity>[];
  readonly leaver: WorkerProcess;
  readonly stayer: WorkerProcess;
  startsOf(workerProcess: WorkerProcess): string[];
  /** The number of tasks that the leaver still holds. */
  held(): Promise<number>;
}

async function farewell(
  queue: string,
  options: WorkerOptions,
  act: (scene: Farewell) => Promise<void>,
): Promise<void> {
  const processes = await openWorkerProcesses(server.url);
  try {
    const leaver = await processes.startWorker({
      queues: [queue],
      concurrency: running,
      prefetch: prefetched,
      ...options,
    });
    const rows = Array.from(
      { length: all },
      (_, i) => [`${queue} ${i}`, 60_000] as [string, number],
    );
    const handles = await hold.apushMany(rows, { queue });
    const held = (of = leaver) =>
      withRedis(server.url, (redis) => {
        const [from, to] = [`[${of.worker}~`, `(${of.worker}\x7f`];
        return redis.zlexcount(`rl:{${queue}~0}:holds`, from, to);
      });
    const startsOf = (workerProcess: WorkerProcess) =>
      processes.effectLog.of("start").filter(({ pid }) => pid === workerProcess.pid).map((
        { key },
      ) => key);
    await until("the leaver has its hands full", async () => {
      return await held() === all && startsOf(leaver).length === running;
    });
    const stayer = await processes.startWorker({ queues: [queue], concurrency: 2 * all });
    await act({ queue, processes, handles, leaver, stayer, startsOf, held });
    for (const { key } of processes.effectLog.of("start")) stayer.release(key);
    for (const handle of handles) {
      assert.match((await handle.result({ timeout: scaled(5_000) })).key, new RegExp(`^${queue} `));
    }
    await processes.drainAll();
    await assertSound(server.url, [queue]);
  } finally {
    await processes.close();
  }
}

/** The counters of each task that are not zero. */
async function charges({ queue, handles }: Farewell): Promise<string[]> {
  const found: string[] = [];
  for (const { id } of handles) {
    const { facts } = await rl.queue(queue).inspect(id);
    for (const name of ["failures", "crashes", "stalls", "lost"]) {
      if (Number(facts[name] ?? 0) > 0) found.push(`${id}: ${name} ${facts[name]}`);
    }
  }
  return found;
}

async function assertLeft(leaver: WorkerProcess, withinMs: number, since: number): Promise<void> {
  const { code, signal } = await bounded("the worker leaves", leaver.ended, withinMs + 5_000);
  const tookMs = Math.round(performance.now() - since);
  console.log(`# gone after ${tookMs} ms, ${scaled(withinMs)} are allowed`);
  assert.deepEqual([code, signal], [0, null]);
  assert.ok(tookMs <= scaled(withinMs), `${tookMs} ms`);
}

describe("a worker with 12 tasks running and 30 prefetched", { concurrency: true }, () => {
  test("finishes running tasks and returns the rest, when there is time", () =>
    farewell("time", { drainTimeout: stretched(10_000) }, async (scene) => {
      const { processes, leaver, stayer, startsOf } = scene;
      const since = performance.now();
      leaver.term();
      // Prefetched tasks go back at once, not at the end of the running ones.
      await until("the rest runs elsewhere", () => startsOf(stayer).length === prefetched, 2_000);
      for (const key of startsOf(leaver)) leaver.release(key);
      await assertLeft(leaver, 10_000, since);
      assert.equal(processes.effectLog.of("end").length, running);
      assert.equal(processes.effectLog.of("start").length, all);
      assert.deepEqual(await charges(scene), []);
    }));

  test("hands everything off at its deadline", () =>
    farewell("deadline", { drainTimeout: 1_000 }, async (scene) => {
      const { processes, leaver, stayer, startsOf } = scene;
      const since = performance.now();
      leaver.term();
      await assertLeft(leaver, 2_000, since);
      await until("all of it runs elsewhere", () => startsOf(stayer).length === all, 2_000);
      assert.equal(new Set(startsOf(stayer)).size, all);
      assert.equal(processes.effectLog.of("handedOff").length, all);
      assert.deepEqual(await charges(scene), []);
    }));

  test("hands everything off at a second SIGTERM, two seconds later", () =>
    farewell("second", { drainTimeout: 60_000 }, async (scene) => {
      const { leaver, stayer, startsOf, held } = scene;
      leaver.term();
      await until("only what runs is held", async () => await held() === running, 2_000);
      // An earlier signal is the same one, delivered twice.
      await new Promise((resolve) => setTimeout(resolve, 2_100));
      const since = performance.now();
      leaver.term();
      await assertLeft(leaver, 1_000, since);
      await until("all of it runs elsewhere", () => startsOf(stayer).length === all, 2_000);
      assert.deepEqual(await charges(scene), []);
    }));

  test("loses nothing when it is killed while it drains", () =>
    farewell("killed", {}, async (scene) => {
      const { processes, leaver, stayer, startsOf, handles } = scene;
      leaver.term();
      await until("it drains", () => processes.effectLog.of("draining").length === 1);
      await leaver.kill();
      const started = new Set(startsOf(leaver));
      await until("all of it runs elsewhere", () => startsOf(stayer).length === all, 5_000);
      assert.equal(started.size, running);
      for (const [i, { id }] of handles.entries()) {
        const { facts } = await rl.queue(scene.queue).inspect(id);
        const crashes = started.has(`${scene.queue} ${i}`) ? 1 : 0;
        assert.equal(Number(facts["crashes"] ?? 0), crashes, `${id}: ${facts["reason"]}`);
      }
    }));
});
