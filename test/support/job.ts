/**
 * Runs one test file in one cell of the matrix, in a process group of its own. A file
 * that hangs is killed together with all its processes. The counts come from its
 * output.
 *
 * @module
 */

import { type ChildProcess, spawn } from "node:child_process";
import process from "node:process";
import { scaled, slowness, slownessVariable } from "./machine_speed.ts";
import type { Cell } from "./suites.ts";
import { type Runtime, testLine } from "./runtimes.ts";
import { root } from "./tree.ts";

/** One test file to run. */
export interface Job {
  readonly cell: Cell;
  /** The line of the table that it counts for. */
  readonly suite: string;
  /** The path from the root. */
  readonly file: string;
  /** The time limit in milliseconds, scaled by the slowness of this machine. */
  readonly limitMs: number;
  /** Variables that are added to the environment. */
  readonly env?: Readonly<Record<string, string>>;
}

/** The outcome of a job. */
export interface Outcome {
  readonly job: Job;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly seconds: number;
  /** The failures, as printed; empty if there are none. */
  readonly wrong: string;
}

const running = new Set<ChildProcess>();

process.once("exit", () => running.forEach(end));
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

/** Runs a job until its process exits or its time limit ends it. */
export function runJob(job: Job): Promise<Outcome> {
  const limitMs = scaled(job.limitMs);
  const { command, args } = lineOf(job, limitMs);
  const [, engine] = job.cell.split("+");
  const started = performance.now();
  const child = spawn(command, [...args], {
    cwd: root,
    detached: true,
    env: {
      ...process.env,
      NO_COLOR: "1",
      RELIER_TEST_ON: engine!,
      RELIER_TEST_FILE: job.file,
      [slownessVariable]: String(slowness()),
      ...job.env,
    },
    stdio: ["ignore", "pipe", "pipe"],
  });
  running.add(child);
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => output += text);
  child.stderr.setEncoding("utf8").on("data", (text: string) => output += text);
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    end(child);
  }, limitMs);
  return new Promise((resolve) => {
    child.on("error", (error) => output += String(error));
    // The event "close" would wait for processes that the tests left running, which hold the pipes.
    child.on("exit", () => end(child));
    child.on("close", (code) => {
      clearTimeout(timer);
      running.delete(child);
      const counts = countsOf(output);
      const none = counts.passed + counts.skipped === 0;
      const why = hung
        ? `it hung, and was killed after ${limitMs / 1000} s`
        : code !== 0
        ? `it ended with ${code}`
        : none
        ? "it ran no test"
        : "";
      resolve({
        job,
        ...counts,
        failed: why === "" ? counts.failed : Math.max(1, counts.failed),
        seconds: (performance.now() - started) / 1000,
        wrong: why === "" ? "" : `${why}\n${complaintsIn(output)}`,
      });
    });
  });
}

function lineOf(
  { cell, file }: Job,
  limitMs: number,
): { command: string; args: readonly string[] } {
  const [runtime] = cell.split("+");
  // workerd has no test runner: Node registers its tests and requests each result.
  const hosted = runtime === "workerd";
  const on = hosted ? "node" : runtime as Runtime;
  const { command, args } = testLine(on, hosted ? "test/support/in_workerd.ts" : file, limitMs);
  // By default Node prints TAP to a pipe.
  return { command, args: on === "node" ? ["--test-reporter=spec", ...args] : args };
}

/** Kills the processes that are left in the group. */
function end(child: ChildProcess): void {
  try {
    process.kill(-child.pid!, "SIGKILL");
  } catch {
    // The group has no process left.
  }
}

/** Reads the summary of any of the three runners. */
function countsOf(output: string): { passed: number; failed: number; skipped: number } {
  const sum = (pattern: RegExp): number =>
    [...output.matchAll(pattern)].reduce((total, [, count]) => total + Number(count), 0);
  // Deno reports a test that skips itself as passed.
  const silent = output.match(/^# left out: /gm)?.length ?? 0;
  return {
    passed: sum(/^ℹ pass (\d+)$/gm) + sum(/^ (\d+) pass$/gm) + sum(/ \| (\d+) passed/g) - silent,
    failed: sum(/^ℹ (?:fail|cancelled) (\d+)$/gm) + sum(/^ (\d+) fail$/gm) +
      sum(/ \| (\d+) failed/g),
    skipped: sum(/^ℹ skipped (\d+)$/gm) + sum(/^ (\d+) skip$/gm) + sum(/ \| (\d+) ignored/g) +
      silent,
  };
}

const longest = 6_000;

/** The part of the output that describes the failures. */
function complaintsIn(output: string): string {
  const at = Math.max(output.lastIndexOf("✖ failing tests:"), output.lastIndexOf("\n ERRORS"));
  // A file that fails as a whole has one line for it, with the reason above.
  const whole = output.endsWith("'test failed'\n");
  const text = at >= 0 && !whole ? output.slice(at) : aroundFailures(output);
  return text.length > longest ? `${text.slice(0, longest)}\n…` : text.trim();
}

/** The lines around each failure: Bun prints the reason above the name of a test. */
function aroundFailures(output: string): string {
  const blocks = output.split(/^(?=\((?:pass|skip|fail)\) )/m);
  const failures = blocks.flatMap((block, i) =>
    block.startsWith("(fail)")
      ? [`${blocks[i - 1]!.split("\n").slice(1).join("\n")}${block.split("\n")[0]}`]
      : []
  );
  return failures.length > 0 ? failures.join("\n") : output.slice(-longest);
}
