/**
 * The part of the testing kit that takes seconds: an end to endless loops.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestRelier } from "../../adapters/testing.ts";
import { rlTask, type Task } from "../../mod.ts";

test("a task that pushes itself for ever makes drain() fail with that reason", async () => {
  const forever = rlTask("kit.forever", { resultTtl: 1 }, async () => {
    await forever.with({ delay: 1 }).apush();
  }) as Task<string, [], void>;
  await using rl = await createTestRelier({ tasks: [forever] });
  await forever.apush();
  await assert.rejects(rl.drain(), /^Error: Cannot drain: there is still something to do after/);
});
