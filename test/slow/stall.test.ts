/**
 * A handler that blocks the event loop is stalled, not dead: a thread keeps its tasks
 * until the stall budget is spent.
 *
 * @module
 */

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { createRelier } from "../../mod.ts";
import { openWorkerProcesses, type WorkerProcesses } from "../support/worker_processes.ts";
import { scaled, stretched } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound } from "../support/leftovers.ts";
import { hold, spin } from "../support/tasks.ts";
import { until } from "../support/until.ts";

/** The number of starts of each run of `processes`, by key. */
function starts(processes: WorkerProcesses): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { key } of processes.effectLog.of("start")) counts[key!] = (counts[key!] ?? 0) + 1;
  return counts;
}

describe("a handler that blocks its event loop", { concurrency: true }, () => {
  test("for 20 s under a lease of 10 s runs once, and so do all tasks held beside it", async () => {
    const server = await startRedis();
    const rl = createRelier({ redis: server.url, logger: false });
    const processes = await openWorkerProcesses(server.url);
    try {
      const victim = await processes.startWorker({ concurrency: 3, prefetch: 3 });
      const beside = [
        await rl.apush(hold, "runs 1", 1_000),
        await rl.apush(hold, "runs 2", 60_000),
      ];
      await until("two run", () => processes.effectLog.of("start").length === 2);
      const spinning = await rl.apush(spin, "spins", 20_000);
      await until("it spins", () => processes.effectLog.of("start", "spins").length === 1);
      // The tasks are prefetched, or still on their way to the blocked worker.
      for (const key of ["waits 1", "waits 2", "waits 3"]) {
        beside.push(await rl.apush(hold, key, 1));
      }
      await until("it is seen that its loop is blocked", async () => {
        const [listed] = await rl.queue("default").workers();
        return listed!.blockedMs > 0;
      });
      // This worker has free slots, and sweeps soon.
      const hungry = await processes.startWorker();
      const result = await spinning.result({ timeout: scaled(40_000) });
      assert.equal(result.worker, victim.worker);
      victim.release("runs 2");
      for (const handle of beside) await handle.result({ timeout: scaled(5_000) });
      const counts = starts(processes);
      assert.deepEqual([...new Set(Object.values(counts))], [1]);
      assert.equal(Object.keys(counts).length, 6);
      const { events } = await rl.queue("default").stats();
      for (const event of ["resurrect", "quarantine", "abandon", "retry", "bury"]) {
        assert.equal(events[event] ?? 0, 0, event);
      }
      const [stalled] = processes.effectLog.of("stalled");
      assert.equal(stalled!.worker, victim.worker);
      assert.match(stalled!.text!, /event loop blocked for (19|2\d)\d{3} ms/);
      assert.deepEqual(processes.effectLog.of("error").map(({ text }) => text), []);
      assert.deepEqual(processes.effectLog.of("fenced"), []);
      // The worker continues as before.
      hungry.term();
      await hungry.ended;
      await (await rl.apush(hold, "after", 1)).result({ timeout: scaled(5_000) });
      assert.deepEqual((await processes.drainAll()).map(({ code }) => code), [0]);
      await assertSound(server.url, ["default"]);
    } finally {
      await processes.close();
      await rl.close();
      await server.kill();
    }
  });

  test("for longer than its budget counts as stalled, and writes nothing afterwards", async () => {
    const server = await startRedis();
    const rl = createRelier({ redis: server.url, logger: false });
    const processes = await openWorkerProcesses(server.url);
    try {
      const victim = await processes.startWorker({ stallBudget: 3_000 });
      const beside = await rl.apush(hold, "beside", 60_000);
      await until("it runs", () => processes.effectLog.of("start", "beside").length === 1);
      const handle = await rl.apush(spin, "spins", stretched(9_000));
      await until("it spins", () => processes.effectLog.of("start", "spins").length === 1);
      const startedAt = performance.now();
      // It blocks for as long as the victim, which a slow machine stretches beyond the default.
      const heir = await processes.startWorker({ stallBudget: stretched(30_000) });
      await until("both run again", () => processes.effectLog.of("start").length === 4, 8_000);
      const tookMs = performance.now() - startedAt;
      assert.ok(tookMs > 3_000 && tookMs < scaled(6_000), `${tookMs} ms`);
      const result = await handle.result({ timeout: scaled(20_000) });
      assert.equal(result.worker, heir.worker);
      await until("the old runs are fenced", () => processes.effectLog.of("fenced").length === 2);
      await until("it says so itself", async () => {
        const fleet = await rl.queue("default").workers();
        const listed = fleet.find(({ id }) => id === victim.worker);
        return listed?.info.fenced === 2 && listed.blockedMs === 0;
      }, 10_000);
      assert.ok(processes.effectLog.of("fenced").every(({ worker }) => worker === victim.worker));
      heir.release("beside");
      await beside.result({ timeout: scaled(5_000) });
      for (const { id } of [handle, beside]) {
        const { facts, history } = await rl.queue("default").inspect(id);
        assert.deepEqual([facts["stalls"], facts["crashes"]], ["1", undefined]);
        assert.deepEqual(history.map(({ cause }) => cause), ["stalled", "completed"]);
      }
      // The stalled worker continues.
      heir.term();
      await heir.ended;
      const last = await (await rl.apush(hold, "after", 1)).result({ timeout: scaled(5_000) });
      assert.equal(last.worker, victim.worker);
      await processes.drainAll();
      await assertSound(server.url, ["default"]);
    } finally {
      await processes.close();
      await rl.close();
      await server.kill();
    }
  });

  test("without a stall budget loses its task with its lease", async () => {
    const server = await startRedis();
    const rl = createRelier({ redis: server.url, logger: false });
    const processes = await openWorkerProcesses(server.url);
    try {
      const victim = await processes.startWorker({ stallBudget: 0, lease: 2_000 });
      const handle = await rl.apush(spin, "spins", 7_000);
      await until("it spins", () => processes.effectLog.of("start", "spins").length === 1);
      const heir = await processes.startWorker({ lease: 2_000 });
      const result = await handle.result({ timeout: scaled(30_000) });
      assert.equal(result.worker, heir.worker);
      await until("the old run is fenced", () => processes.effectLog.of("fenced").length >= 1);
      assert.equal(processes.effectLog.of("fenced")[0]!.worker, victim.worker);
      await processes.drainAll();
      await assertSound(server.url, ["default"]);
    } finally {
      await processes.close();
      await rl.close();
      await server.kill();
    }
  });
});
