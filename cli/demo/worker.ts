/**
 * A worker process: what a user's own worker file would look like, and a line
 * to the screen.
 *
 * @module
 */

import { createRelier, createWorker, type WorkerEventName } from "../../mod.ts";
import { setupOf, tell } from "./processes.ts";
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

/** What a worker process tells who started it. */
export interface WorkerWord {
  /** `ready` once it works, `broken` if it cannot; else an event of the worker. */
  readonly what: WorkerEventName | "ready" | "broken";
  /** The id of the task, or of the worker if it is ready. */
  readonly id: string;
  readonly reason?: string | undefined;
}

const told: readonly WorkerEventName[] = [
  "started",
  "completed",
  "failed",
  "dead",
  "handedOff",
  "fenced",
  "resurrected",
  "draining",
  "error",
];

const setup = await setupOf<WorkerSetup>();
const relier = createRelier({ redis: setup.redis, prefix: setup.prefix });
defineTasks(setup.site);
const worker = createWorker(relier, {
  queues: [queue],
  concurrency: setup.concurrency,
  lease: setup.leaseMs,
  drainTimeout: setup.drainMs,
});
for (const what of told) {
  worker.on(what, ({ id, reason, error }) => {
    const why = error instanceof Error ? error.message : reason;
    tell({ what, id, reason: why } satisfies WorkerWord);
  });
}
try {
  await worker.start(); // SIGTERM drains it, and ends the process with 0.
  tell({ what: "ready", id: worker.id } satisfies WorkerWord);
} catch (error) {
  const { message } = error as Error;
  tell({ what: "broken", id: worker.id, reason: message } satisfies WorkerWord);
}
