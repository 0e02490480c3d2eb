/**
 * A worker process that runs the tasks of a flood.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import { runPoolWorker } from "../../processes/worker_pool.ts";
import { receiveSetup } from "../../processes/child_process.ts";
import { noop } from "./noop_task.ts";

/** The first message to the process. */
export interface FloodedSetup {
  readonly redis: string;
  readonly prefix: string;
  readonly queue: string;
}

const { redis, prefix, queue } = await receiveSetup<FloodedSetup>();
const relier = createRelier({ redis, prefix, tasks: [noop] });
await runPoolWorker(createWorker(relier, { queues: [queue], concurrency: 100 }));
