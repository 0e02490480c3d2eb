/**
 * A worker on Bun, for the shop and for large jobs, which leaves when it is asked to.
 *
 * @module
 */

import { createRelier, createWorker } from "../../mod.ts";
import { note } from "../support/effect_log.ts";
import { processOrder } from "./hono.ts";
import { processLargeJob } from "./large_job.ts";

const rl = createRelier({ tasks: [processOrder, processLargeJob] }); // RELIER_REDIS_URL
const worker = createWorker(rl, {
  queues: { high_priority: 3, default: 1 },
  concurrency: 50,
  drainTimeout: "200ms",
});
worker.on("resurrected", ({ id }) => note("resurrected", { id }));
await worker.start(); // SIGTERM: finish, or hand off, then exit 0
console.log("working");
await worker.stopped;
