/**
 * A full Redis refuses new data only: existing tasks are claimed, renewed, settled,
 * retried, swept and cancelled.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRelier, RelierError, TaskFailedError } from "../../mod.ts";
import { openWorkerProcesses } from "../support/worker_processes.ts";
import { scaled } from "../support/machine_speed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound, assertUnchanged, dump } from "../support/leftovers.ts";
import { fail, hold, sleepwalk } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const server = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
after(() => server.kill());

test("a full Redis refuses pushes whole, and lets everything else continue", async () => {
  const rl = createRelier({ redis: server.url, logger: false });
  const processes = await openWorkerProcesses(server.url);
  const queue = rl.queue("default");
  const starts = (key: string) => processes.effectLog.of("start", key).length;
  // Heartbeats are needed within the test, so the lease is short.
  const options = { concurrency: 4, lease: 2_000 };
  try {
    const first = await processes.startWorker(options);
    const running = await rl.apush(hold, "running", 60_000);
    const stepping = await rl.apush(sleepwalk, "stepping", true);
    const stopping = await rl.apush(hold, "stopping", 60_000);
    const orphaned = await rl.apush(hold, "orphaned", 60_000);
    await until("four run", () => processes.effectLog.of("start").length === 4);
    const waiting = await Promise.all(
      Array.from({ length: 50 }, (_, i) => rl.apush(hold, `waiting ${i}`, 10)),
    );
    const failing = await rl.apush(fail, "failing");
    const later = await hold.with({ delay: "1h" }).apush("later", 10);
    const unwanted = await rl.apush(hold, "unwanted", 10);

    await server.cli("CONFIG", "SET", "maxmemory", "1mb");
    await server.cli("SCRIPT", "FLUSH");

    // Pushes of one and of many are refused, and leave nothing.
    first.stop();
    const before = await dump(server.url);
    const pushes = [
      () => rl.apush(hold, "new", 10),
      () => hold.apushMany(Array.from({ length: 300 }, (_, i) => [`new ${i}`, 10])),
      () => hold.with({ delay: "1h" }).apush("new", 10),
    ];
    for (const push of pushes) {
      await assert.rejects(push(), (error) => {
        assert.ok(RelierError.is(error, "RL_REFUSED"), String(error));
        assert.match(error.message, /OOM/);
        return true;
      });
    }
    await assertUnchanged(server.url, before);
    first.wake();

    // Waiting and running tasks are cancelled.
    for (const handle of [later, unwanted]) {
      assert.equal(await handle.cancel(), true);
      assert.equal((await handle.status()).state, "cancelled");
    }
    assert.equal(await stopping.cancel(), true);
    // Tasks are claimed and completed one after the other, or retried and then buried.
    for (const handle of waiting) await handle.result({ timeout: scaled(8_000) });
    await assert.rejects(failing.result({ timeout: scaled(8_000) }), TaskFailedError);
    assert.equal(starts("failing"), 3);
    // A handler that ignores the signal is abandoned after five seconds.
    await assert.rejects(
      stopping.result({ timeout: scaled(8_000) }),
      (error) => RelierError.is(error, "RL_CANCELLED"),
    );
    // Heartbeats succeed: the long task still belongs to the first worker.
    await until("a step and a partial result are saved", async () => {
      return (await queue.inspect(stepping.id)).partialResult !== "";
    });
    const firstRun = processes.effectLog.of("start", "running")[0]!;
    await until("it has run for longer than a lease", () => Date.now() - firstRun.at > 3_000);
    assert.equal((await running.status()).state, "running");
    assert.equal(starts("running"), 1);

    // A sweep succeeds: one worker dies, another starts, and both are listed.
    const second = await processes.startWorker(options);
    await first.kill();
    await until("the second has what the first had", () => {
      return ["running", "stepping", "orphaned"].every((key) => starts(key) === 2);
    });
    // A step and a partial result of its second run are saved, too.
    await until(
      "it is under way",
      () => processes.effectLog.of("settled in", "stepping").length === 2,
    );
    for (const key of ["running", "stepping", "orphaned"]) second.release(key);
    for (const handle of [running, stepping, orphaned]) {
      assert.equal((await handle.result({ timeout: scaled(5_000) })).worker, second.worker);
    }
    assert.deepEqual(await queue.audit(), []);
    assert.deepEqual((await queue.stats()).counts, {
      scheduled: 0,
      ready: 0,
      running: 0,
      quarantined: 0,
      completed: 53,
      dead: 1,
      cancelled: 3,
    });
    second.term();
    assert.equal((await second.ended).code, 0);

    await server.cli("CONFIG", "SET", "maxmemory", "0");
    const third = await processes.startWorker(options);
    await (await rl.apush(hold, "new", 10)).result({ timeout: scaled(5_000) });
    third.term();
    await third.ended;
    await assertSound(server.url, ["default"]);
  } finally {
    await processes.close();
    await rl.close();
  }
});
