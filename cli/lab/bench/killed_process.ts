/**
 * A worker process that is to be killed.
 *
 * @module
 */

import { createRelier, createWorker } from "../../../mod.ts";
import { serve } from "../../processes/worker_pool.ts";
import { setupOf } from "../../processes/child_process.ts";
import { type KilledSetup, outlast, queue } from "./killed.ts";

const { redis, prefix } = await setupOf<KilledSetup>();
const relier = createRelier({ redis, prefix, tasks: [outlast] });
await serve(createWorker(relier, { queues: [queue], concurrency: 1 }));
