/**
 * A worker process: what a user's own worker file would look like, and a line
 * to the screen.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import { runPoolWorker } from "../../processes/worker_pool.ts";
import { receiveSetup } from "../../processes/child_process.ts";
import { defineTasks, queue, type Site } from "./work.ts";

/** What a worker process is told when it is started. */
export interface WorkerSetup {
  readonly redis: string;
  readonly prefix: string;
  readonly site: Site;
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly drainMs: number;
}

const setup = await receiveSetup<WorkerSetup>();
const relier = createRelier({ redis: setup.redis, prefix: setup.prefix });
defineTasks(setup.site);
const worker = createWorker(relier, {
  queues: [queue],
  concurrency: setup.concurrency,
  lease: setup.leaseMs,
  drainTimeout: setup.drainMs,
});
await runPoolWorker(worker);
