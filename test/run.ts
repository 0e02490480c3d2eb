/**
 * Runs the tests, ring by ring.
 *
 * Without a name it runs the gate, the fast ring, the commands of `rl`, the dashboard
 * in a browser, and a short selection of the slow ring, which kills real processes.
 * `slow` runs the rest of that ring, the measured tests, and the fast half of the
 * matrix. The name of a ring runs that ring alone; torture runs only by name, because
 * it takes long.
 *
 * A ring that fails does not stop the next one, so one run reports everything. The
 * failures are printed again at the very end.
 *
 * @module
 */

import { spawn } from "node:child_process";
import process from "node:process";
import { createInterface } from "node:readline";
import { gate, ruleTests } from "./gate.ts";
import { compileTests } from "./support/compile_tests.ts";
import { leaksAreErrors } from "./support/leak_warnings.ts";
import { scaled, slownessNow, slownessVariable } from "./support/machine_speed.ts";
import { requireChromium, requireRedis } from "./support/require_programs.ts";
import { root, testsBelow, testsOf } from "./support/tree.ts";

/**
 * The tests of the slow ring that cover most in little time: deaths, drains and
 * restarts of Redis.
 */
const selected = ["drain", "kills", "redis_restart", "signals"].map(slowTest);

/**
 * Tests that measure the time of a recovery, and that no living worker is presumed
 * dead. Nothing runs beside them.
 */
const measured = ["presence", "recovery", "supervisor"].map(slowTest);

/** The settings of a ring. */
interface Ring {
  readonly tests: readonly string[];
  /** The number of files that run at once. */
  readonly atOnce: number;
  /** The time limit of a file in milliseconds, scaled by the slowness of the machine. */
  readonly fileMs: number;
  /** True if the tests are compiled in advance. */
  readonly isCompiled?: boolean;
}

const rings = {
  fast: {
    tests: [...testsOf("test"), ...testsBelow("test/core"), ...testsBelow("test/adapters")]
      .filter((file) => !ruleTests.includes(file)),
    atOnce: 3,
    fileMs: 60_000,
    isCompiled: true,
  },
  cli: { tests: testsOf("test/cli"), atOnce: 3, fileMs: 60_000 },
  browser: { tests: testsOf("test/browser"), atOnce: 1, fileMs: 120_000 },
  selected: { tests: selected, atOnce: 2, fileMs: 120_000 },
  // These tests mostly wait: for the end of a lease, or of a process.
  rest: {
    tests: testsOf("test/slow").filter((file) => ![...selected, ...measured].includes(file)),
    atOnce: 3,
    fileMs: 300_000,
  },
  measured: { tests: measured, atOnce: 1, fileMs: 300_000 },
  torture: { tests: testsOf("test/torture"), atOnce: 1, fileMs: 900_000 },
} satisfies Record<string, Ring>;

type RingName = keyof typeof rings;

/** The rings to run, group by group; the rings of one group run at the same time. */
interface Plan {
  readonly hasGate?: boolean;
  readonly groups: readonly (readonly RingName[])[];
  readonly hasMatrix?: boolean;
}

const plans: Readonly<Record<string, Plan>> = {
  "": { hasGate: true, groups: [["fast"], ["cli"], ["browser", "selected"]] },
  slow: { groups: [["rest"], ["measured"]], hasMatrix: true },
};

/** The outcome of a ring, the gate or the matrix. */
interface Result {
  readonly name: string;
  readonly passed: boolean;
  readonly seconds: number;
  /** The summary lines of the ring itself. */
  readonly summary: readonly string[];
  /** The name and the error of each failed test, as printed. */
  readonly failing: string;
}

/** Runs the tests of a ring; prints their output at once, or when all have ended. */
async function run(name: RingName, atEnd: boolean): Promise<Result> {
  const { tests, atOnce, fileMs, isCompiled = false }: Ring = rings[name];
  const started = performance.now();
  const compiled = isCompiled ? await compileTests(tests) : undefined;
  const { passed, output } = await node(
    [
      compiled === undefined ? "--import=tsx" : "--enable-source-maps",
      leaksAreErrors,
      "--test",
      "--test-force-exit",
      "--test-reporter=spec",
      `--test-concurrency=${atOnce}`,
      `--test-timeout=${scaled(fileMs)}`,
      ...compiled ?? tests,
    ],
    atEnd,
  );
  const summary = output.match(/^\W*(tests|pass|fail|cancelled|skipped) \d+$/gm) ?? [];
  const failing = from(output, "✖ failing tests:");
  return { name: `${name} ring`, passed, seconds: secondsSince(started), summary, failing };
}

/** Runs the fast half of the matrix. */
async function runMatrix(): Promise<Result> {
  const started = performance.now();
  const { passed, output } = await node(["--import=tsx", "test/matrix.ts", "--fast"]);
  const summary = [output.trim().split("\n").at(-1)!];
  const failing = from(output, "What failed:");
  return {
    name: "fast half of the matrix",
    passed,
    seconds: secondsSince(started),
    summary,
    failing,
  };
}

async function runGate(): Promise<Result> {
  const started = performance.now();
  const passed = await gate();
  return { name: "gate", passed, seconds: secondsSince(started), summary: [], failing: "" };
}

/** The end of `output` from the last `heading` on; empty if there is none. */
function from(output: string, heading: string): string {
  const at = output.lastIndexOf(heading);
  return at < 0 ? "" : output.slice(at);
}

/** Runs a program of the project, and prints its lines at once, or all of them at the end. */
function node(
  args: readonly string[],
  atEnd = false,
): Promise<{ passed: boolean; output: string }> {
  const child = spawn(process.execPath, [...args], {
    cwd: root,
    // Each ring measures again, because the load of a machine changes.
    env: { ...process.env, [slownessVariable]: String(slownessNow()) },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let output = "";
  createInterface({ input: child.stdout }).on("line", (line) => {
    const text = `${line}\n`;
    output += text;
    if (!atEnd) process.stdout.write(text);
  });
  return new Promise((resolve) => {
    child.on("close", (code) => {
      if (atEnd) process.stdout.write(output);
      resolve({ passed: code === 0, output });
    });
  });
}

function slowTest(name: string): string {
  return `test/slow/${name}.test.ts`;
}

function secondsSince(started: number): number {
  return (performance.now() - started) / 1000;
}

/** The plan of that name; a single ring is also a plan. */
function planOf(name: string): Plan {
  if (Object.hasOwn(plans, name)) return plans[name]!;
  if (Object.hasOwn(rings, name)) return { groups: [[name as RingName]] };
  const names = ["slow", ...Object.keys(rings)].join(", ");
  console.error(`Cannot run the tests "${name}": name one of ${names}, or nothing for npm test`);
  process.exit(2);
}

const { hasGate, groups, hasMatrix } = planOf(process.argv[2] ?? "");

/**
 * The installation runs here, because it takes longer than a test file may. The gate
 * needs no program.
 */
async function requirePrograms(): Promise<void> {
  await requireRedis();
  if (groups.flat().includes("browser")) await requireChromium();
}

const results: Result[] = [];
const installed = requirePrograms();
if (hasGate) results.push(await runGate());
await installed;
for (const group of groups) {
  results.push(...await Promise.all(group.map((name, i) => run(name, i > 0))));
}
if (hasMatrix) results.push(await runMatrix());

for (const { name, passed, seconds, summary } of results) {
  console.log(`\n${name}: ${passed ? "passed" : "FAILED"} in ${seconds.toFixed(0)} s`);
  for (const line of summary) console.log(line);
}
// The failures come last, for a reader who sees only the end.
for (const { name, passed, failing } of results) {
  if (!passed) console.log(`\n${name}:\n${failing.trim()}`);
}
process.exitCode = results.every(({ passed }) => passed) ? 0 : 1;
