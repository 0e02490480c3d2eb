/**
 * A worker process of the benchmarks.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import { runPoolWorker } from "../../processes/worker_pool.ts";
import { receiveSetup } from "../../processes/child_process.ts";
import { noop } from "./noop_task.ts";
import { outlast } from "./outlast_task.ts";

/** The first message to the process. */
export interface BenchWorkerSetup {
  readonly redis: string;
  readonly prefix: string;
  readonly queue: string;
  readonly concurrency: number;
}

const { redis, prefix, queue, concurrency } = await receiveSetup<BenchWorkerSetup>();
const relier = createRelier({ redis, prefix, tasks: [noop, outlast], logger: false });
await runPoolWorker(createWorker(relier, { queues: [queue], concurrency }));
