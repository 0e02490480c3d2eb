/**
 * The runner of tests fails on a warning of a leak.
 *
 * @module
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import process from "node:process";
import { test } from "node:test";
import { leaksAreErrors } from "./support/leak_warnings.ts";

test("a test whose code leaks listeners fails, and one with few listeners does not", () => {
  const run = (listeners: number): number | null =>
    spawnSync(process.execPath, [
      leaksAreErrors,
      "--input-type=module",
      "--eval",
      `import { EventEmitter } from "node:events";
      const emitter = new EventEmitter();
      for (let i = 0; i < ${listeners}; i++) emitter.on("event", () => {});`,
    ]).status;
  assert.equal(run(10), 0);
  assert.notEqual(run(11), 0);
});
