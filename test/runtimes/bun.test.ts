/**
 * The slow ring's faults, applied to workers on Bun, by
 * Bun's own client: they drain, are killed, and stall.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { runJob } from "../support/job.ts";
import { scaled } from "../support/machine_speed.ts";

const limitMs = 120_000;

for (const name of ["signals", "drain", "isolates", "recovery", "stall"]) {
  test(`on Bun, too: ${name}`, { timeout: scaled(limitMs + 10_000) }, async () => {
    const file = `test/slow/${name}.test.ts`;
    const { wrong, passed } = await runJob({ cell: "bun+bun", suite: "slow", file, limitMs });
    assert.equal(wrong, "");
    assert.ok(passed > 0);
  });
}
