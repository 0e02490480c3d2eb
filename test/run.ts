/**
 * Runs the tests, ring by ring: the gate, the fast ring, the commands of `rl`,
 * the slow ring, which kills real processes, what is measured there, the dashboard
 * in a browser, then the fast half of the matrix. A ring that is named is run alone;
 * torture only so, because it takes long. A ring that fails does not stop the next one,
 * so one run tells everything, and says what failed once more at the very end.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { gate } from "./gate.ts";
import { requireChromium, requireRedis } from "./support/require_programs.ts";
import { root, testsBelow, testsOf } from "./support/tree.ts";

/** These say how long a recovery takes, or that nobody alive is given up: nothing runs beside them. */
const measured = ["presence", "recovery", "supervisor"].map((name) => `test/slow/${name}.test.ts`);

/** How a ring is run: how many files at once, and how long one file may take. */
const rings = {
  fast: {
    tests: [...testsOf("test"), ...testsBelow("test/core"), ...testsBelow("test/adapters")],
    atOnce: 3,
    fileMs: 60_000,
  },
  cli: { tests: testsOf("test/cli"), atOnce: 3, fileMs: 60_000 },
  // Most of their time they wait: for a lease to end, for a process to be gone.
  slow: {
    tests: testsOf("test/slow").filter((file) => !measured.includes(file)),
    atOnce: 3,
    fileMs: 300_000,
  },
  measured: { tests: measured, atOnce: 1, fileMs: 300_000 },
  browser: { tests: testsOf("test/browser"), atOnce: 1, fileMs: 120_000 },
  torture: { tests: testsOf("test/torture"), atOnce: 1, fileMs: 900_000 },
};

/** What a ring came to. */
interface Result {
  readonly passed: boolean;
  /** The lines it sums itself up with. */
  readonly summary: readonly string[];
  /** The name and the error of each test that failed, as it was printed. */
  readonly failing: string;
}

/** Runs the tests of a ring. */
async function run(name: keyof typeof rings): Promise<Result> {
  const { tests, atOnce, fileMs } = rings[name];
  if (tests.length === 0) return { passed: true, summary: ["no tests yet"], failing: "" };
  const { passed, output } = await node([
    "--import=tsx",
    "--test",
    "--test-force-exit",
    "--test-reporter=spec",
    `--test-concurrency=${atOnce}`,
    `--test-timeout=${fileMs}`,
    ...tests,
  ]);
  const summary = output.match(
    /^\W*(tests|pass|fail|cancelled|skipped|duration_ms) [\d.]+$/gm,
  );
  return { passed, summary: summary ?? [], failing: from(output, "✖ failing tests:") };
}

/** Runs the half of the matrix that every run can afford. */
async function runMatrix(): Promise<Result> {
  const { passed, output } = await node(["--import=tsx", "test/matrix.ts", "--fast"]);
  return {
    passed,
    summary: [output.trim().split("\n").at(-1)!],
    failing: from(output, "What failed:"),
  };
}

/** The end of `output`, from the last `heading` on; nothing if there is none. */
function from(output: string, heading: string): string {
  const at = output.lastIndexOf(heading);
  return at < 0 ? "" : output.slice(at);
}

/** Runs a program of ours, and shows what it prints. */
function node(args: readonly string[]): Promise<{ passed: boolean; output: string }> {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
    process.stdout.write(chunk);
    output += chunk;
  });
  return new Promise((resolve) => {
    child.on("close", (code) => resolve({ passed: code === 0, output }));
  });
}

const everything = ["fast", "cli", "slow", "measured", "browser"] as const;

/** The ring that was named, or `undefined` for all but torture. */
function named(ring: string | undefined): keyof typeof rings | undefined {
  if (ring === undefined || Object.hasOwn(rings, ring)) return ring as keyof typeof rings;
  const names = Object.keys(rings).join(", ");
  console.error(`Cannot run the tests "${ring}": name one of ${names}, or nothing for all`);
  process.exit(2);
}

const only = named(process.argv[2]);

requireRedis();
// Here, because installing it takes longer than a file of tests may.
if (only === undefined || only === "browser") requireChromium();
const gatePassed = only !== undefined || await gate();
let passed = gatePassed;
const failures: string[] = [];
const report: string[] = [];

function add(name: string, result: Result): void {
  passed &&= result.passed;
  report.push(`\n${name}: ${result.passed ? "passed" : "FAILED"}`, ...result.summary);
  if (!result.passed) failures.push(`\n${name}:\n${result.failing.trim()}`);
}

for (const name of only === undefined ? everything : [only]) add(`${name} ring`, await run(name));
if (only === undefined) {
  add("fast half of the matrix", await runMatrix());
  report.unshift(`\ngate: ${gatePassed ? "passed" : "FAILED"}`);
}
// Last, for whoever is shown only the end of it.
console.log([...report, ...failures].join("\n"));
process.exitCode = passed ? 0 : 1;
