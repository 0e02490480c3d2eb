/**
 * Telemetry of attempts that run or end outside of their worker's event loop: in
 * isolates, and while a handler blocks it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { once } from "node:events";
import { after, test } from "node:test";
import { createRelier, createWorker, rlTask, taskContext } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { observed, ofTask } from "../support/observed.ts";
import { startRedis } from "../support/redis.ts";
import { inProcess, inThread } from "../support/traced_isolate.ts";
import { until } from "../support/until.ts";

const server = await startRedis();
after(() => server.kill());

test("a handler in an isolate runs in the span of its attempt, which its worker reports", async () => {
  await observed(async (_, seen) => {
    const rl = createRelier({ redis: server.url, prefix: "isolates", logger: false });
    const worker = createWorker(rl, { handleSignals: false });
    await worker.start();
    for (const task of [inThread, inProcess]) {
      const handle = await rl.apush(task);
      const spanId = await handle.result({ timeout: scaled(30_000) });
      const [, run] = await ofTask(seen, task.name, 2);
      assert.equal(spanId, run!.spanContext().spanId, task.name);
      assert.equal(run!.attributes["relier.task.outcome"], "completed");
    }
    await worker.drain();
    await rl.close();
  })({});
});

test("tasks that a blocked worker lost are reported as stalled, by itself, once it can", async () => {
  await observed(async (_, seen) => {
    const rl = createRelier({ redis: server.url, prefix: "stalls", logger: false });
    let runs = 0;
    const blocking = rlTask("blocking-observed", async () => {
      if (++runs > 1) return;
      const { signal, heartbeat } = taskContext();
      await heartbeat();
      const blockedUntil = performance.now() + 3000;
      while (performance.now() < blockedUntil);
      // A return would complete the task, because no other worker has started it.
      if (!signal.aborted) await once(signal, "abort");
    });
    const options = { lease: "1s", stallBudget: "500ms", handleSignals: false } as const;
    const worker = createWorker(rl, options);
    await worker.start();
    // The thread that stands in takes a moment to connect.
    const pulse = async () => (await rl.queue("default").workers())[0]?.info.pulse;
    await until("a thread stands in", async () => await pulse() === "thread", 10_000);
    const handle = await rl.apush(blocking);
    await handle.result({ timeout: scaled(20_000) });
    const raised = await seen.span("resurrect default");
    assert.equal(raised.attributes["relier.resurrection.cause"], "stalled");
    // Its process lives and reports the attempt itself, so no worker makes a span for it.
    assert.ok(seen.spans().every((span) => span.attributes["relier.synthetic"] === undefined));
    await worker.drain();
    await rl.close();
  })({});
});
