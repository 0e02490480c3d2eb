/**
 * Runs every suite in every cell: on each runtime, through each adapter. A named cell
 * or suite runs alone; `--fast` selects the half that belongs to every run of the
 * tests. It prints the passed suites by cell, and the failures at the very end.
 *
 * @module
 */

import process from "node:process";
import { type Job, type Outcome, runJob } from "./support/job.ts";
import { scaled, slowness } from "./support/machine_speed.ts";
import { requireRedis } from "./support/require_programs.ts";
import { type Cell, portSkips, queueSuite, skipsOf } from "./support/suites.ts";
import { testsOf } from "./support/tree.ts";

/** Limits of a file and of the whole run in milliseconds; scaled by the slowness of the machine. */
const fileMs = 120_000;
const longFileMs = 600_000;
const wholeMs = scaled(20 * 60_000);

/** Number of files that run at once: tests mostly wait. */
const atOnce = 3;

/** Files that cover most of a cell in the least time. */
const fewFiles = ["task/tasks", "recovery/phoenix"].map((name) => `test/core/${name}.test.ts`);

/** The port suite of each cell. */
const cells: Readonly<Partial<Record<Cell, readonly string[]>>> = {
  "node+ioredis": ["test/adapters/ioredis_port.test.ts"],
  "node+cluster": ["test/runtimes/cluster_port.test.ts"],
  "bun+bun": testsOf("test/runtimes/bun"),
  "bun+ioredis": ["test/adapters/ioredis_port.test.ts"],
  "deno+ioredis": ["test/adapters/ioredis_port.test.ts"],
  "node+upstash": ["test/runtimes/upstash_port.test.ts"],
  "workerd+upstash": ["test/runtimes/workerd/port.test.ts"],
  "node+memory": ["test/adapters/memory.test.ts", "test/runtimes/embedded_port.test.ts"],
};

/** Cells where the commands of `rl` and servers run: once on each runtime that has processes. */
const withProcesses: readonly Cell[] = ["node+ioredis", "bun+bun", "deno+ioredis"];

/** Files that measure the time of a recovery. */
const alone = new Set(["bun", "three_runtimes"].map((name) => `test/runtimes/${name}.test.ts`));

const args = process.argv.slice(2);
const fast = args.includes("--fast");
const [onlyCell, onlySuite] = args.filter((each) => each !== "--fast");

const plan = jobs().filter(({ cell, suite }) =>
  (onlyCell === undefined || cell === onlyCell || suite === onlyCell) &&
  (onlySuite === undefined || suite === onlySuite)
);
if (plan.length === 0) {
  console.error(
    `Cannot run "${args.join(" ")}": name a cell (${
      Object.keys(cells).join(", ")
    }) or runtimes, and a suite`,
  );
  process.exit(2);
}

await requireRedis();
const started = performance.now();
const outcomes: Outcome[] = [];
const late: Job[] = [];
await lanes(plan.filter(({ file }) => !alone.has(file)), atOnce);
await lanes(plan.filter(({ file }) => alone.has(file)), 1);
report();

function jobs(): Job[] {
  const limitMs = fileMs;
  const made: Job[] = [];
  // The longest files run first, so that all lanes stay busy to the end.
  const ports = new Set(Object.values(cells).flat());
  for (const file of fast ? [] : testsOf("test/runtimes").filter((each) => !ports.has(each))) {
    made.push({ cell: "node+ioredis", suite: "runtimes", file, limitMs: longFileMs });
  }
  for (const [cell, port] of Object.entries(cells) as [Cell, readonly string[]][]) {
    // The fast ring runs beside this half, and covers these suites.
    if (fast && cell === "node+ioredis") continue;
    for (const file of fast ? shortened(cell, port) : port) {
      made.push({ cell, suite: "port", file, limitMs });
    }
    for (const file of fast ? fewFiles : queueSuite) {
      if (!Object.hasOwn(skipsOf(cell), file)) made.push({ cell, suite: "queue", file, limitMs });
    }
    if (fast || !withProcesses.includes(cell)) continue;
    for (const file of testsOf("test/cli")) made.push({ cell, suite: "cli", file, limitMs });
    made.push({ cell, suite: "web", file: "test/adapters/middleware.test.ts", limitMs });
  }
  return made;
}

/**
 * The fast half of a port suite: the contract itself, where no other ring or cell
 * covers as much.
 */
function shortened(cell: Cell, port: readonly string[]): readonly string[] {
  if (cell === "node+memory" || cell === "bun+ioredis") return [];
  return port.filter((file) => /[/_]port\.test\.ts$/.test(file));
}

async function lanes(left: Job[], count: number): Promise<void> {
  const queue = [...left];
  async function lane(): Promise<void> {
    for (let job = queue.shift(); job; job = queue.shift()) {
      const leftMs = wholeMs - (performance.now() - started);
      if (leftMs < 1_000) {
        late.push(job);
        continue;
      }
      const outcome = await runJob({ ...job, limitMs: Math.min(job.limitMs, leftMs / slowness()) });
      outcomes.push(outcome);
      const { seconds, wrong } = outcome;
      const name = `${job.cell} ${job.suite} ${job.file}`;
      console.log(`${wrong === "" ? "ok  " : "FAIL"} ${name} (${seconds.toFixed(1)} s)`);
    }
  }
  await Promise.all(Array.from({ length: count }, lane));
}

function report(): void {
  const lines = new Map<string, { passed: number; failed: number; skipped: number; s: number }>();
  for (const { job, passed, failed, skipped, seconds } of outcomes) {
    const name = `${job.cell.padEnd(17)}${job.suite.padEnd(12)}`;
    const line = lines.get(name) ?? { passed: 0, failed: 0, skipped: 0, s: 0 };
    line.passed += passed;
    line.failed += failed;
    line.skipped += skipped;
    line.s += seconds;
    lines.set(name, line);
  }
  console.log(`\n${"cell".padEnd(17)}${"suite".padEnd(12)} passed  failed skipped seconds`);
  for (const [name, { passed, failed, skipped, s }] of [...lines].sort()) {
    const counts = [passed, failed, skipped, s.toFixed(1)];
    console.log(name + counts.map((count) => String(count).padStart(8)).join(""));
  }
  if (!fast) sayLeftOut();
  const sum = (count: (each: Outcome) => number) =>
    outcomes.reduce((total, each) => total + count(each), 0);
  const bad = outcomes.filter(({ wrong }) => wrong !== "");
  if (bad.length + late.length > 0) console.log("\nWhat failed:");
  for (const { job, wrong } of bad) {
    console.log(`\nFAIL ${job.cell} ${job.suite} ${job.file}: ${wrong}`);
  }
  for (const { cell, suite, file } of late) {
    console.log(
      `\nFAIL ${cell} ${suite} ${file}: its turn did not come in ${wholeMs / 60_000} min`,
    );
  }
  const seconds = ((performance.now() - started) / 1000).toFixed(0);
  console.log(
    `\nmatrix: ${bad.length + late.length === 0 ? "passed" : "FAILED"}, ` +
      `${sum(({ passed }) => passed)} tests, ${sum(({ failed }) => failed)} failed, ` +
      `${sum(({ skipped }) => skipped)} left out, in ${seconds} s`,
  );
  process.exitCode = bad.length + late.length === 0 ? 0 : 1;
}

/** Prints the number of tests that are left out, by cell and reason. */
function sayLeftOut(): void {
  console.log("\nLeft out, by name in test/support/suites.ts:");
  for (const cell of new Set(plan.map((job) => job.cell))) {
    const adapter = cell.split("+")[1] as keyof typeof portSkips;
    const counts = new Map<string, number>();
    for (const reason of [skipsOf(cell), portSkips[adapter] ?? {}].flatMap(Object.values)) {
      counts.set(reason, (counts.get(reason) ?? 0) + 1);
    }
    for (const [reason, count] of counts) {
      console.log(`${cell.padEnd(17)}${String(count).padStart(3)}  ${reason}`);
    }
  }
}
