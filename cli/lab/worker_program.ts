/**
 * A worker process of the lab: a user's own worker file, plus a ledger line for
 * each result that Redis has accepted.
 *
 * @module
 */

import process from "node:process";
import { connect, reopen } from "../../adapters/ioredis.ts";
import { createRelier, createWorker } from "../../mod.ts";
import { runPoolWorker } from "../processes/worker_pool.ts";
import { exportTo, type Otlp } from "../processes/otlp_exporter.ts";
import { receiveSetup } from "../processes/child_process.ts";
import { fileRecorder, type FileWork } from "./demo/file_recorder.ts";
import { openLedger, type Recorder } from "./ledger.ts";
import { steppedClock } from "./stepped_clock.ts";
import { defineTasks } from "./tasks.ts";

/** The first message to a worker process. */
export interface WorkerSetup {
  /** The service name in exported telemetry. */
  readonly name: string;
  readonly otlp: Otlp | undefined;
  readonly redis: string;
  /** The Redis behind Sentinels to use in place of it. */
  readonly sentinels: object | undefined;
  readonly prefix: string;
  /** The folder of the ledger. */
  readonly folder: string;
  /** The files that jobs name, if the work is on files: their ledger is another one. */
  readonly files: FileWork | undefined;
  readonly concurrency: number;
  readonly queues: readonly string[];
  readonly leaseMs: number;
  readonly drainMs: number;
  /** The release of the tasks. */
  readonly version: number;
  /** True if its scripts read the stepped clock. */
  readonly steppedClock: boolean;
}

/** Short, because an experiment limits how long a worker may take to exit. */
const flushMs = 1000;

const setup = await receiveSetup<WorkerSetup>();
const { name, otlp, redis, prefix, folder, files, version } = setup;
const exporter = otlp && await exportTo(otlp, name, console.error);
const recorder: Recorder = files ? fileRecorder(files) : openLedger(folder);
const port = setup.steppedClock
  ? steppedClock(connect(redis))
  : setup.sentinels && reopen(setup.sentinels);
const relier = createRelier({ redis: port ?? redis, prefix });
defineTasks({ recorder, version });
const worker = createWorker(relier, {
  queues: setup.queues,
  concurrency: setup.concurrency,
  lease: setup.leaseMs,
  drainTimeout: setup.drainMs,
  handleSignals: !exporter,
});
if (exporter) {
  process.once("SIGTERM", async () => {
    await worker.drain();
    await exporter.close(flushMs);
    process.exit();
  });
}
void worker.stopped.then(() => port?.close());
worker.on("completed", ({ id }) => {
  recorder.write({ what: "settled", id, key: "", attempt: 0, worker: worker.id, fence: 0 });
});
await runPoolWorker(worker);
