/**
 * Runs the tests, ring by ring: the gate, the fast ring, the commands of `rl`,
 * then the slow ring, which kills real processes. A ring that is named is run
 * alone; torture only so, because it takes long. A ring that fails does not stop
 * the next one, so one run tells everything.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { gate } from "./gate.ts";
import { requireRedis } from "./support/require_redis.ts";
import { root, testsOf } from "./support/tree.ts";

/** How a ring is run: how many files at once, and how long one file may take. */
const rings = {
  fast: { tests: testsOf("test"), atOnce: 2, fileMs: 60_000 },
  cli: { tests: testsOf("test/cli"), atOnce: 2, fileMs: 60_000 },
  // One file at a time: these measure how long a recovery takes.
  slow: { tests: testsOf("test/slow"), atOnce: 1, fileMs: 300_000 },
  torture: { tests: testsOf("test/torture"), atOnce: 1, fileMs: 900_000 },
};

/** Runs a ring and resolves to the lines node sums it up with, and whether it passed. */
function run(name: keyof typeof rings): Promise<{ passed: boolean; summary: string[] }> {
  const { tests, atOnce, fileMs } = rings[name];
  if (tests.length === 0) return Promise.resolve({ passed: true, summary: ["no tests yet"] });
  const child = spawn(process.execPath, [
    "--import=tsx",
    "--test",
    "--test-force-exit",
    "--test-reporter=spec",
    `--test-concurrency=${atOnce}`,
    `--test-timeout=${fileMs}`,
    ...tests,
  ], { cwd: root, stdio: ["ignore", "pipe", "inherit"] });

  const summary: string[] = [];
  let line = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    process.stdout.write(chunk);
    const lines = (line + chunk).split("\n");
    line = lines.pop()!;
    summary.push(
      ...lines.filter((text) =>
        /^\W*(tests|pass|fail|cancelled|skipped|duration_ms) [\d.]+/.test(text)
      ),
    );
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ passed: code === 0, summary }));
  });
}

const everything = ["fast", "cli", "slow"] as const;

/** The ring that was named, or `undefined` for all but torture. */
function named(ring: string | undefined): keyof typeof rings | undefined {
  if (ring === undefined || Object.hasOwn(rings, ring)) return ring as keyof typeof rings;
  const names = Object.keys(rings).join(", ");
  console.error(`Cannot run the tests "${ring}": name one of ${names}, or nothing for all`);
  process.exit(2);
}

const only = named(process.argv[2]);

requireRedis();
const gatePassed = only !== undefined || await gate();
let passed = gatePassed;
const report: string[] = [];
for (const name of only === undefined ? everything : [only]) {
  const result = await run(name);
  passed &&= result.passed;
  report.push(`\n${name} ring: ${result.passed ? "passed" : "FAILED"}`, ...result.summary);
}
if (only === undefined) report.unshift(`\ngate: ${gatePassed ? "passed" : "FAILED"}`);
console.log(report.join("\n"));
process.exitCode = passed ? 0 : 1;
