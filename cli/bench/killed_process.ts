/**
 * A worker process that is to be killed.
 *
 * @module
 */

import { createRelier, createWorker } from "../../mod.ts";
import { serve } from "../process/crew.ts";
import { setupOf } from "../process/processes.ts";
import { type KilledSetup, outlast, queue } from "./killed.ts";

const { redis, prefix } = await setupOf<KilledSetup>();
const relier = createRelier({ redis, prefix, tasks: [outlast] });
await serve(createWorker(relier, { queues: [queue], concurrency: 1 }));
