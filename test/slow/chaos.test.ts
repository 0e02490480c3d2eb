/**
 * `rl chaos` with real processes: its verdict on a sound project, on workers that run
 * already, and on a project with one part removed. The rest is in the torture ring.
 *
 * @module
 */

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { after, test } from "node:test";
import { createRelier } from "../../mod.ts";
import { scaled } from "../support/machine_speed.ts";
import { rlOfMutant, rlProcess } from "../support/mutant.ts";
import { mutants } from "../support/mutants.ts";
import { startRedis } from "../support/redis.ts";
import { rl } from "../support/rl.ts";
import { root } from "../support/tree.ts";
import { until } from "../support/until.ts";

const children = new Set<ChildProcess>();
after(() => {
  for (const child of children) child.kill("SIGKILL");
});

test("a killed worker loses nothing, and the report shows the evidence", async () => {
  const args = ["chaos", "worker-kill", "--self-contained", "--json", "--seed", "11"];
  const { exit, stdout, stderr } = await rlProcess(args);
  assert.equal(exit, 0, stdout + stderr);
  const report = JSON.parse(stdout);
  const { experiment, outcome, seed, faults, tasks, resurrected, recoveryMs, struck } = report;
  assert.deepEqual([experiment, outcome, seed], ["worker-kill", "held", 11]);
  assert.equal(faults.length, 1);
  assert.match(faults[0].what, /^SIGKILL worker \d \(\d+\) holding k\d+/);
  assert.deepEqual(
    [tasks.pushed, tasks.completed, tasks.lost, tasks.doubled, tasks.dead],
    [20, 20, 0, 0, 0],
  );
  assert.ok(struck > 0 && resurrected >= struck);
  assert.ok(
    recoveryMs.count === struck && recoveryMs.max < scaled(7000),
    JSON.stringify(recoveryMs),
  );
});

test("a project without the check of the nonce is detected", async () => {
  const { edits, saying } = mutants.find(({ without }) => without === "the check of the nonce")!;
  const args = ["chaos", "worker-freeze", "--self-contained", "--json"];
  const { exit, stdout, stderr } = await rlOfMutant(edits, args);
  assert.equal(exit, 8, stdout + stderr);
  const { outcome, broken, tasks } = JSON.parse(stdout);
  assert.equal(outcome, "broken");
  assert.ok(tasks.doubled > 0);
  assert.match(broken.join("\n"), saying);
});

test("running workers are struck by their pid, and their tasks come back", async () => {
  const server = await startRedis();
  const relier = createRelier({ redis: server.url, tasks: [] });
  const startSupervisor = (): ChildProcess => {
    const command = ["--import", "tsx", "cli/main.ts", "worker", "start", "cli/lab/sleep_task.ts"];
    const options = ["--url", server.url, "--lease", "2s", "--concurrency", "4"];
    const child = spawn(process.execPath, [...command, ...options], { cwd: root, stdio: "ignore" });
    children.add(child);
    return child;
  };
  const supervisors = [startSupervisor(), startSupervisor()];
  try {
    await until("both are seen", async () => {
      const workers = await relier.queue("default").workers();
      return workers.length === 2 && workers.every(({ seen }) => seen);
    }, 20_000);
    const stranger = await rl(["chaos", "worker-kill", "--worker", "nobody"], { url: server.url });
    assert.equal(stranger.exit, 4, stranger.stderr);
    assert.match(stranger.stderr, /Cannot find worker "nobody"/);
    const call = await rl(["chaos", "worker-kill", "--tasks", "4", "--json"], { url: server.url });
    assert.equal(call.exit, 0, call.stdout + call.stderr);
    const [report] = call.lines();
    assert.equal(report.outcome, "held");
    assert.match(report.faults[0].what, /^SIGKILL .* \(\d+\) holding /);
    assert.deepEqual([report.tasks.pushed, report.tasks.completed, report.tasks.doubled], [
      4,
      4,
      null,
    ]);
    assert.equal(report.recoveryMs.count, report.struck);
    assert.ok(report.struck > 0);
  } finally {
    await relier.close();
    for (const child of supervisors) child.kill("SIGTERM");
    await Promise.all(supervisors.map((child) => once(child, "exit")));
    await server.kill();
  }
});
