/**
 * One queue, with workers on Bun with its own client, on Deno and on Node at once. Each
 * of them dies in the middle of its tasks, and nothing is lost or done twice. The same
 * checks fail once the scripts do not check who holds a task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRelier, type WorkerOptions } from "../../mod.ts";
import { openWorkerProcesses, type WorkerProcess } from "../support/worker_processes.ts";
import type { PortFault } from "../support/faulty_port.ts";
import { startRedis } from "../support/redis.ts";
import type { Runtime } from "../support/runtimes.ts";
import { assertOutlived, sleepers, storm } from "../support/storm.ts";

const server = await startRedis();
after(() => server.kill());

const runtimes: readonly Runtime[] = ["bun", "deno", "node"];

test("2,000 tasks outlive the workers of three runtimes: none is lost, none is done twice", async () => {
  const queue = "three";
  const [count, kills] = [2_000, 6];
  const rl = createRelier({ redis: server.url });
  const processes = await openWorkerProcesses(server.url);
  const options: WorkerOptions = { queues: [queue], concurrency: 5 };
  const runtimeOf = new Map<string, Runtime>();
  const startWorker = async (place: number): Promise<WorkerProcess> => {
    const runtime = runtimes[place]!;
    const workerProcess = await processes.startWorker(options, [], server.url, runtime);
    runtimeOf.set(workerProcess.worker, runtime);
    return workerProcess;
  };
  try {
    const victimOf = (kill: number) => kill % runtimes.length;
    const plan = { queue, count, kills, workers: runtimes.length, startWorker, victimOf };
    const report = await storm(server.url, processes, rl, plan);
    const shares = new Map(runtimes.map((runtime) => [runtime, 0]));
    for (const { worker } of processes.effectLog.of("end")) {
      const runtime = runtimeOf.get(worker)!;
      shares.set(runtime, shares.get(runtime)! + 1);
    }
    console.log(`# by ${[...shares].map((share) => share.join(" ")).join(", ")}`);
    for (const [runtime, share] of shares) assert.ok(share > count / 10, `${runtime}: ${share}`);
    assert.ok(report.lostRuns >= kills);
    await assertOutlived(server.url, processes, rl, queue, report);
  } finally {
    await processes.close();
    await rl.close();
  }
});

/** Runs {@linkcode sleepers} on a separate, empty server. */
async function wrongOf(
  first: Runtime,
  second: Runtime,
  faults: readonly PortFault[],
): Promise<readonly string[]> {
  const own = await startRedis();
  try {
    return await sleepers(own.url, "sleepers", faults, [first, second]);
  } finally {
    await own.kill();
  }
}

for (const [i, first] of runtimes.entries()) {
  const second = runtimes[(i + 1) % runtimes.length]!;

  test(`a worker on ${first} that wakes too late changes nothing in the results of one on ${second}`, async () => {
    assert.deepEqual(await wrongOf(first, second, []), []);
  });

  // A worker on Deno learns that it is too late before anything else.
  if (first === "deno") continue;
  test(`the same run on ${first} and ${second} fails its checks when the scripts are careless`, async () => {
    const wrong = await wrongOf(first, second, ["careless"]);
    const overwritten = wrong.filter((what) =>
      what.endsWith("came to what a run before its last did")
    );
    assert.equal(overwritten.length, 6, `found: ${wrong.join("; ")}`);
  });
}
