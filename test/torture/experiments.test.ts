/**
 * Every experiment of `rl chaos` on a sound project, then a storm.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { experiments } from "../../cli/lab/chaos/index.ts";
import { rlProcess } from "../support/mutant.ts";

test("for every fault, no accepted task is lost or settled twice", async () => {
  const { exit, stdout, stderr } = await rlProcess(["chaos", "all", "--self-contained", "--json"]);
  const lines = stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line));
  const summary = lines.at(-1)?.summary ? lines.pop() : {};
  for (const { experiment, outcome, broken, problem, faults, seconds, recoveryMs } of lines) {
    const back = recoveryMs ? `, back after ${recoveryMs.p50} to ${recoveryMs.max} ms` : "";
    console.log(`# ${experiment}: ${outcome}, ${faults.length} faults, ${seconds} s${back}`);
    for (const what of [...broken, ...problem ? [problem] : []]) console.log(`#   ${what}`);
  }
  console.log(`# seed ${summary.seed}, ${summary.seconds} s`);
  assert.equal(exit, 0, stderr);
  const all = Object.keys(experiments).length;
  assert.deepEqual([summary.experiments, summary.held], [all, all]);
});

test("a storm of kills loses nothing", async () => {
  const storm = ["--times", "8", "--tasks", "320", "--workers", "5"];
  const args = ["chaos", "worker-kill", "--self-contained", "--json", ...storm];
  const { exit, stdout, stderr } = await rlProcess(args);
  const { faults, tasks, recoveryMs, seconds, broken } = JSON.parse(stdout || stderr);
  console.log(
    `# ${tasks.pushed} tasks, ${faults.length} kills, back after ` +
      `${recoveryMs.p50} (p50), ${recoveryMs.p95} (p95), ${recoveryMs.max} ms (max); ${seconds} s`,
  );
  assert.equal(exit, 0, `${broken.join("\n")}\n${stderr}`);
  assert.deepEqual([faults.length, tasks.completed, tasks.lost, tasks.doubled], [8, 320, 0, 0]);
});
