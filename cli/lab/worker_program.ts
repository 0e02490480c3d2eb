/**
 * A worker process of an experiment: what a user's own worker file would look
 * like, and a line in the ledger for each result that Redis has accepted.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker } from "../../mod.ts";
import { runPoolWorker } from "../processes/worker_pool.ts";
import { exportTo, type Otlp } from "../processes/otlp_exporter.ts";
import { receiveSetup } from "../processes/child_process.ts";
import { openLedger } from "./ledger.ts";
import { defineTasks, queue } from "./tasks.ts";

/** What a worker process is told when it is started. */
export interface WorkerSetup {
  /** What it is called by whoever collects what it exports. */
  readonly name: string;
  readonly otlp: Otlp | undefined;
  readonly redis: string;
  readonly prefix: string;
  readonly folder: string;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly drainMs: number;
  /** Which release of the tasks it runs. */
  readonly version: number;
}

/** An experiment holds a worker to the time it takes to leave. */
const farewellMs = 1000;

const { name, otlp, redis, prefix, folder, concurrency, leaseMs, drainMs, version } =
  await receiveSetup<
    WorkerSetup
  >();
const exporter = otlp && await exportTo(otlp, name, console.error);
const ledger = openLedger(folder);
const relier = createRelier({ redis, prefix });
defineTasks({ ledger, version });
const worker = createWorker(relier, {
  queues: [queue],
  concurrency,
  lease: leaseMs,
  drainTimeout: drainMs,
  handleSignals: !exporter,
});
if (exporter) {
  process.once("SIGTERM", async () => {
    await worker.drain();
    await exporter.close(farewellMs);
    process.exit();
  });
}
worker.on("completed", ({ id }) => {
  ledger.write({ what: "settled", id, key: "", attempt: 0, worker: worker.id, fence: 0 });
});
await runPoolWorker(worker);
