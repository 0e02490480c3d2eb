/**
 * `rl bench` as a whole: every benchmark gives results, and nothing is left behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Machine } from "../../cli/lab/bench/lab.ts";
import type { Result } from "../../cli/lab/bench/result.ts";
import { rlProcess } from "../support/mutant.ts";
import { startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";

interface Report {
  readonly machine: Machine;
  readonly results: readonly Result[];
}

const short = ["--tasks", "100", "--rounds", "1", "--kills", "1", "--concurrency", "50"];
const peers = ["bullmq", "bullmq-removing", "bee-queue", "groupmq"];

/** Benchmarks, and the results that each has among others. */
const expected: Readonly<Record<string, readonly string[]>> = {
  throughput: [
    "no-op tasks, concurrency 50",
    "tasks with handlers of 0 to 10 ms, concurrency 50",
    "no-op tasks, 2 worker processes",
    "pushes by 100 producers, beside a worker",
  ],
  memory: ["a waiting task takes", "a completed task takes"],
  depth: ["Redis CPU per push, 10,000 waiting"],
  "in-flight": ["Redis CPU per task, 100 running"],
  due: ["a backlog of no-op tasks, due at once"],
  runtimes: ["no-op tasks, concurrency 50, Deno"],
  ports: ["no-op tasks, concurrency 50, Bun's client"],
  recovery: ["SIGKILL to running again, p50", "SIGKILL to running again, supervised, p50"],
  admission: ["push refused, p50", "middleware, 429, p99", "error of a rate of 500/s"],
  idempotency: ["push with a key that exists, p50", "idempotent(), finished before, p99"],
  drain: ["drain that hands off 50 tasks, p50"],
  overhead: ["CPU that telemetry adds, no SDK registered"],
};

for (const [name, titles] of Object.entries(expected)) {
  test(`rl bench ${name} measures on a named Redis, which stays unchanged`, async () => {
    const server = await startRedis({ aof: "everysec" });
    try {
      const { exit, lines, stderr } = await rl(
        ["bench", name, ...short, "--json", "--url", server.url],
      );
      assert.equal(exit, 0, stderr);
      const [{ machine, results }] = lines() as [Report];
      assert.match(machine.redis, /^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+, option --url$/);
      assert.equal(machine.persistence, "append-only file");
      assert.equal(
        machine.command,
        `rl bench ${name} --tasks 100 --rounds 1 --concurrency 50 --kills 1 --url …`,
      );
      const names = results.map((result) => result.name);
      for (const title of titles) assert.ok(names.includes(title), `${title}: ${names}`);
      for (const { name, value, spread: [min, max] } of results) {
        assert.ok(min <= value && value <= max, name);
      }
      const faults = results.filter(({ unit }) => unit === "tasks");
      assert.ok(faults.every(({ spread }) => spread[1] === 0));
      if (name === "throughput") {
        const beside = results.find((result) => result.name === titles[0])!;
        assert.ok(beside.value > 0 && beside.floor! > 0);
        assert.deepEqual(Object.keys(beside.peers), peers);
      }
      assert.equal(await server.cli("DBSIZE"), "0\n");
    } finally {
      await server.kill();
    }
  });
}

test("a program reads the report alone: the workers of a benchmark log nothing", async () => {
  const { exit, stdout, stderr } = await rlProcess(["bench", "overhead", ...short, "--json"]);
  assert.equal(exit, 0, stderr);
  const { results } = JSON.parse(stdout) as Report;
  assert.ok(results.length > 0);
  assert.doesNotMatch(stderr, /"event":/);
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
