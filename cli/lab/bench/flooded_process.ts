/**
 * A worker process that works off a flood.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import { serve } from "../../processes/worker_pool.ts";
import { setupOf } from "../../processes/child_process.ts";
import { noop } from "./noop_task.ts";

/** What it is told. */
export interface FloodedSetup {
  readonly redis: string;
  readonly prefix: string;
  readonly queue: string;
}

const { redis, prefix, queue } = await setupOf<FloodedSetup>();
const relier = createRelier({ redis, prefix, tasks: [noop] });
await serve(createWorker(relier, { queues: [queue], concurrency: 100 }));
