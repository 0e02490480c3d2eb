/**
 * A worker dies with a task, and another soon runs it. Or it only stops for a while,
 * and may write nothing when it continues.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, describe, test } from "node:test";
import { createRelier, type TaskHandle } from "../../mod.ts";
import {
  openWorkerProcesses,
  type WorkerProcess,
  type WorkerProcesses,
} from "../support/worker_processes.ts";
import type { Line } from "../support/effect_log.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound, withRedis } from "../support/leftovers.ts";
import { hold, type RunIdentity, sleepwalk } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const minuteMs = 60_000;

/** Resolves to the `nth` start of the run of `key`. */
async function startOf(
  processes: WorkerProcesses,
  key: string,
  nth = 1,
  ms = 5_000,
): Promise<Line> {
  await until(
    `"${key}" runs, time ${nth}`,
    () => processes.effectLog.of("start", key).length >= nth,
    ms,
  );
  return processes.effectLog.of("start", key)[nth - 1]!;
}

function processOf(processes: WorkerProcesses, line: Line): WorkerProcess {
  return processes.alive.find(({ pid }) => pid === line.pid)!;
}

const server = await startRedis();
const rl = createRelier({ redis: server.url, logger: false });
after(async () => {
  await rl.close();
  await server.kill();
});

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe("a worker is lost", { concurrency: true }, () => {
  test("a task of a minute runs again within a second of a SIGKILL, two at most, in 20 kills", async () => {
    const processes = await openWorkerProcesses(server.url);
    const queues = ["kill1", "kill2", "kill3", "kill4"];
    const tookMs: number[] = [];

    async function kills(queue: string): Promise<void> {
      const worker = { queues: [queue] };
      await Promise.all([processes.startWorker(worker), processes.startWorker(worker)]);
      for (let i = 0; i < 5; i++) {
        const key = `${queue} ${i}`;
        const handle = await hold.with({ queue }).apush(key, minuteMs);
        const first = await startOf(processes, key);
        await sleep(Math.random() * 3_000); // The kill falls anywhere between two heartbeats.
        const killedAt = Date.now();
        void processOf(processes, first).kill();
        const second = await startOf(processes, key, 2);
        assert.notEqual(second.worker, first.worker);
        tookMs.push(second.at - killedAt);
        const [other] = await Promise.all([
          processOf(processes, second),
          processes.startWorker(worker),
        ]);
        other!.release(key);
        const result = await handle.result({ timeout: scaled(5_000) });
        assert.deepEqual(result, { key, worker: second.worker, fence: second.fence });
        assert.equal((await rl.queue(queue).inspect(handle.id)).facts["crashes"], "1");
        assert.deepEqual(await rl.queue(queue).audit(), []);
      }
    }

    try {
      await Promise.all(queues.map(kills));
      tookMs.sort((a, b) => a - b);
      const [p50, max] = [tookMs[tookMs.length / 2]!, tookMs.at(-1)!];
      console.log(
        `# SIGKILL to running again, ${tookMs.length} kills: p50 ${p50} ms, max ${max} ms`,
      );
      assert.equal(tookMs.length, 20);
      assert.ok(p50 <= scaled(1_000) && max <= scaled(2_000), `p50 ${p50} ms, max ${max} ms`);
      await processes.drainAll();
      await assertSound(server.url, queues);
    } finally {
      await processes.close();
    }
  });

  test("a stopped process loses its task within the lease and a second, and wakes to write nothing", async () => {
    const processes = await openWorkerProcesses(server.url);
    const queue = "stop";
    const keys = ["returns", "writes"];

    /** The stored data of the tasks, and of any others, except leases and heartbeats. */
    const held = () =>
      withRedis(server.url, async (redis) => {
        const at = (name: string) => `rl:{${queue}~0}:${name}`;
        const hashes = ["record", "partial", "steps", "task"];
        const sets = ["scheduled", "ready", "running", "quarantined", "completed", "dead", "holds"];
        return [
          await Promise.all(hashes.map(async (name) => {
            const all = Object.entries(await redis.hgetallBuffer(at(name)));
            return all.map(([id, value]) => `${name} ${id} ${value.toString("hex")}`).sort();
          })),
          await Promise.all(
            sets.map(async (name) => [name, await redis.zrange(at(name), "0", "-1")]),
          ),
        ];
      });

    try {
      const victim = await processes.startWorker({ queues: [queue] }, ["noting refusals"]);
      const handles: TaskHandle<RunIdentity>[] = [];
      for (const key of keys) {
        handles.push(await sleepwalk.with({ queue }).apush(key, key === "returns"));
        await until("it runs", () => processes.effectLog.of("settled in", key).length === 1);
      }
      const other = await processes.startWorker({ queues: [queue] });
      await sleep(Math.random() * 3_000);
      const stoppedAt = Date.now();
      victim.stop();
      for (const key of keys) {
        const again = await startOf(processes, key, 2, 15_000);
        assert.equal(again.worker, other.worker);
        console.log(`# SIGSTOP to running again: ${again.at - stoppedAt} ms`);
        assert.ok(again.at - stoppedAt <= 10_000 + scaled(1_000));
        await until(
          "it has settled in",
          () => processes.effectLog.of("settled in", key).length === 2,
        );
      }

      const before = await held();
      victim.wake();
      await until("both have woken", () => processes.effectLog.of("awake").length === 2);
      const tries = ["heartbeat", "step", "push", "pushFar"];
      const outcome = () => tries.map((what) => processes.effectLog.of(what, "writes")[0]?.text);
      await until("all was tried", () => !outcome().includes(undefined));
      assert.deepEqual(outcome(), tries.map(() => "RL_LEASE_LOST"));
      await until("both are fenced", () => processes.effectLog.of("fenced").length === 2);
      // The process knew it, and Redis also refused each write.
      const refused = new Set(processes.effectLog.of("refused").map(({ text }) => text));
      assert.deepEqual([...refused].sort(), ["heartbeat", "push", "settle_and_claim", "step"]);
      assert.deepEqual(await held(), before);
      assert.deepEqual(await withRedis(server.url, (redis) => redis.keys("*-far*")), []);
      for (const { id } of handles) {
        const { facts, partialResult } = await rl.queue(queue).inspect(id);
        assert.equal(facts["progress"], "7");
        assert.equal(partialResult, JSON.stringify(other.worker));
      }

      for (const [i, key] of keys.entries()) {
        other.release(key);
        const result = await handles[i]!.result({ timeout: scaled(5_000) });
        assert.equal(result.worker, other.worker);
      }
      assert.equal((await rl.queue(queue).stats()).counts.completed, 2);
      assert.deepEqual((await processes.drainAll()).map(({ code }) => code), [0, 0]);
      await assertSound(server.url, [queue]);
    } finally {
      await processes.close();
    }
  });
});
