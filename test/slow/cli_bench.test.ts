/**
 * `rl bench`: every figure has its spread, and nothing is left behind.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Figure } from "../../cli/lab/bench/figure.ts";
import { startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";

interface Report {
  readonly command: string;
  readonly redis: string;
  readonly persistence: string;
  readonly figures: readonly Figure[];
}

const short = ["--tasks", "100", "--kills", "1"];

test("all figures are measured on a named Redis, which stays unchanged", async () => {
  const server = await startRedis({ aof: "everysec" });
  try {
    const args = ["bench", "all", ...short, "--concurrency", "50", "--json", "--url", server.url];
    const { exit, lines, stderr } = await rl(args);
    assert.equal(exit, 0, stderr);
    const [{ figures, command, redis, persistence }] = lines() as [Report];
    assert.equal(command, "rl bench all --tasks 100 --concurrency 50 --kills 1 --url …");
    assert.match(redis, /^\d+\.\d+\.\d+ at 127\.0\.0\.1:\d+, option --url$/);
    assert.equal(persistence, "append-only file");
    for (const { metric, unit, p50, p95, p99, min, max } of figures) {
      const order = [min, p50, ...p95 === null ? [] : [p95, p99!], max];
      assert.deepEqual(order, order.toSorted((a, b) => a - b), metric);
      // Redis may free more memory meanwhile than a hundred tasks use. The cost of telemetry is a
      // difference, and drowns in the noise of a hundred tasks.
      if (/telemetry adds/.test(metric)) continue;
      // Figures in tasks count faults, which may be zero.
      assert.ok((min >= 0 || unit === "bytes") && (max > 0 || unit === "tasks"), metric);
    }
    const beyond = figures.filter(({ unit }) => unit === "tasks");
    assert.deepEqual(beyond.map(({ max }) => max), [0, 0]);
    const metrics = figures.map(({ metric }) => metric).join("\n");
    for (
      const what of [
        "no-op tasks at concurrency 50",
        "push in bulk",
        "a waiting task takes",
        "push to handler, idle worker",
        "SIGKILL to running again",
        "SIGKILL to running again, supervised",
        "push refused",
        "middleware, 429",
        "tasks beyond a depth of 1000",
        "error of a rate of 500/s",
        "telemetry adds",
      ]
    ) {
      assert.ok(metrics.includes(what), what);
    }
    assert.equal(await server.cli("DBSIZE"), "0\n");
  } finally {
    await server.kill();
  }
});

test("a configured Redis is not touched, and the table can be Markdown", async () => {
  const url = "redis://127.0.0.1:1";
  const { exit, stdout, stderr } = await rl(["bench", "latency", ...short, "--md"], { url });
  assert.equal(exit, 0, stderr);
  assert.match(
    stdout,
    /^\| metric \| p50 \|.*\n\| --- \| --: \|.*\n\| bare call \(floor\) \| [\d.]+ \|/,
  );
  assert.match(stdout, /redis-server, temporary, persistence: none\nrl bench latency/);
});

test("an impossible measurement is refused before anything is started", async () => {
  for (
    const [args, code] of [
      [["everything"], 2],
      [["push", "--tasks", "many"], 2],
      [["push", "--tasks", "1"], 2],
      [["recovery", "--kills", "0"], 2],
      [["push", "--url", "redis://127.0.0.1:1"], 3],
    ] as const
  ) {
    const { exit, stdout } = await rl(["bench", ...args]);
    assert.deepEqual([exit, stdout], [code, ""], args.join(" "));
  }
});
