/**
 * Thousands of tasks while workers die: none is lost, none is done twice, and the
 * result of a task is that of its last run. The same checks fail once the scripts do
 * not check who holds a task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { startRedis } from "../support/redis.ts";
import { outlive, sleepers } from "../support/storm.ts";

const server = await startRedis();
after(() => server.kill());

test("5,000 tasks outlive 20 kills: none is lost, none is in two states, none is done twice", () =>
  outlive(server.url, "storm", { count: 5_000, kills: 20 }));

test("workers that wake too late change nothing", async () => {
  assert.deepEqual(await sleepers(server.url, "sleepers", []), []);
});

for (const fault of ["careless", "unfenced"] as const) {
  test(`the same run fails its checks when the scripts are ${fault}`, async () => {
    const wrong = await sleepers(server.url, fault, [fault]);
    const overwritten = wrong.filter((what) =>
      what.endsWith("came to what a run before its last did")
    );
    assert.equal(overwritten.length, 6, `found: ${wrong.join("; ")}`);
  });
}
