/**
 * A worker process that the recovery benchmark kills.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import { runPoolWorker } from "../../processes/worker_pool.ts";
import { receiveSetup } from "../../processes/child_process.ts";
import { type KilledSetup, outlast, queue } from "./killed.ts";

const { redis, prefix } = await receiveSetup<KilledSetup>();
const relier = createRelier({ redis, prefix, tasks: [outlast] });
await runPoolWorker(createWorker(relier, { queues: [queue], concurrency: 1 }));
