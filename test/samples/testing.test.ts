/**
 * Tests of the other samples' tasks: as functions, by what was
 * pushed, and by what becomes of them when a worker dies.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestRelier } from "../../adapters/testing.ts";
import { processOrder } from "./hono.ts";
import { processLargeJob } from "./large_job.ts";

test("a task is still a function", async () => {
  assert.equal((await processOrder("o-1")).charge, "ch_o-1");
});

test("an order is enqueued once", async () => {
  await using rl = await createTestRelier({ tasks: [processOrder] });
  await processOrder.apush("o-1");
  await processOrder.apush("o-1");
  assert.deepEqual(rl.calls(processOrder), [["o-1"]]);
  await rl.drain();
  assert.equal((await processOrder.apush("o-1")).outcome, "replayed");
});

test("a large job survives the kill of its worker", async () => {
  await using rl = await createTestRelier({
    tasks: [processLargeJob],
    mode: "memory",
    clock: "virtual",
  });
  const task = await processLargeJob.apush("short");
  await rl.killWorker({ during: "process_large_job" });
  await rl.tick("35s");
  assert.equal(await task.result(), 10);
  assert.deepEqual(await rl.dlq(), []);
});
