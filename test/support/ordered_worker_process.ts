/**
 * A process with one worker, which prints its id.
 *
 * @module
 */

import process from "node:process";
import { createRelier, createWorker } from "../../mod.ts";

const worker = createWorker(createRelier({ redis: process.argv[2]!, logger: false }));
await worker.start();
console.log(worker.id);
