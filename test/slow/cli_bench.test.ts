/**
 * `rl bench` as a whole: every benchmark gives results, and nothing is left behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Machine } from "../../cli/lab/bench/lab.ts";
import type { Result } from "../../cli/lab/bench/result.ts";
import { startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";

interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
}

const short = ["--tasks", "100", "--rounds", "1", "--kills", "1", "--concurrency", "50"];

test("all results are measured on a named Redis, which stays unchanged", async () => {
  const server = await startRedis({ aof: "everysec" });
  try {
    const args = ["bench", "all", ...short, "--json", "--url", server.url];
    const { exit, lines, stderr } = await rl(args);
    assert.equal(exit, 0, stderr);
    const [{ machine, results }] = lines() as [Report];
    assert.equal(
      machine.command,
      "rl bench all --tasks 100 --rounds 1 --concurrency 50 --kills 1 --url …",
    );
    assert.match(machine.redis, /^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+, option --url$/);
    assert.equal(machine.persistence, "append-only file");
    for (const { name, unit, value, spread: [min, max] } of results) {
      assert.ok(min <= value && value <= max, name);
      // Redis may free more memory meanwhile than a hundred tasks use. The cost of telemetry is a
      // difference, and drowns in the noise of a hundred tasks.
      if (unit === "bytes" || /telemetry adds/.test(name)) continue;
      // Results in tasks count faults, which may be zero; so may the CPU time of few tasks.
      assert.ok(min >= 0 && (max > 0 || unit === "tasks" || unit === "µs"), name);
    }
    const faults = results.filter(({ unit }) => unit === "tasks");
    assert.deepEqual(faults.map(({ spread }) => spread[1]), [0, 0]);
    const names = results.map(({ name }) => name);
    for (
      const name of [
        "no-op tasks, concurrency 50",
        "push, batches of 1000",
        "push to handler, idle worker, p50",
        "a waiting task takes",
        "SIGKILL to running again, p50",
        "SIGKILL to running again, supervised, p50",
        "push refused, p50",
        "middleware, 429, p99",
        "tasks beyond a depth of 1000",
        "error of a rate of 500/s",
        "CPU that telemetry adds, no SDK registered",
      ]
    ) assert.ok(names.includes(name), name);
    const { floor, peers } = results.find(({ name }) => name === "no-op tasks, concurrency 50")!;
    assert.ok(floor! > 0);
    const all = ["bullmq", "bullmq-removing", "bee-queue", "groupmq"];
    assert.deepEqual(Object.keys(peers), all);
    assert.equal(await server.cli("DBSIZE"), "0\n");
  } finally {
    await server.kill();
  }
});

test("a configured Redis is not touched, and the table can be Markdown", async () => {
  const url = "redis://127.0.0.1:1";
  const { exit, stdout, stderr } = await rl(["bench", "admission", ...short, "--md"], { url });
  assert.equal(exit, 0, stderr);
  assert.match(
    stdout,
    /^\| benchmark \| relier \|.*\n\| --- \| --: \|.*\n\| PING, p50 \| [\d.]+ \|/,
  );
  assert.match(stdout, /redis-server, temporary, persistence: none\n.*\n.*\nrl bench admission/);
});

test("a Redis that cannot be reached is named", async () => {
  const { exit, stdout } = await rl(["bench", "push", "--url", "redis://127.0.0.1:1"]);
  assert.deepEqual([exit, stdout], [3, ""]);
});
