/**
 * The state of the whole system, read from Redis in a bounded number of calls.
 *
 * @module
 */

import { type Alert, createAlertTracker } from "./alerts.ts";
import { createRefusalTracker } from "./refusals.ts";
import { createLostWorkerTracker, type LostWorker } from "./lost_workers.ts";
import { listWorkers, type WorkerStatus } from "../../../core/console/worker_list.ts";
import { queueProblems, serverProblems } from "../../../core/console/queue_checks.ts";
import {
  createSnapshotPoller as createQueuePoller,
  mostQueues,
  type QueueSnapshot,
  type RateSample,
} from "../../../core/console/snapshot_poller.ts";
import type { Relier } from "../../../mod.ts";

export type { QueueSnapshot };

/** The state of the whole system at a moment. */
export interface Snapshot {
  /** In ms since 1970. */
  readonly at: number;
  /** By name. */
  readonly queues: readonly QueueSnapshot[];
  /** By name and age. */
  readonly workers: readonly WorkerStatus[];
  /** The fields of INFO of Redis. */
  readonly server: Readonly<Record<string, string>>;
  /** Workers lost since the dashboard has been watching, the latest first. */
  readonly lostWorkers: readonly LostWorker[];
  /** Problems of the queues and of Redis, also those that ended a moment ago. */
  readonly alerts: readonly Alert[];
  /** The names of queues that have refused a push in the last moments. */
  readonly refusing: ReadonlySet<string>;
  /** Samples of all queues together, the oldest first. */
  readonly history: readonly RateSample[];
}

/** Makes a function that reads a snapshot; one call may start when the last has ended. */
export function createSnapshotPoller(rl: Relier): () => Promise<Snapshot> {
  const pollQueues = createQueuePoller(rl);
  const trackLostWorkers = createLostWorkerTracker();
  const trackAlerts = createAlertTracker();
  const trackRefusals = createRefusalTracker();
  let server: Readonly<Record<string, string>> = {};

  return async () => {
    const { at, queues, history, listed } = await pollQueues();
    if (listed) server = await rl.server();
    const worked = queues.filter(({ stats }) => stats.workers.length > 0).slice(0, mostQueues);
    const workers = await listWorkers(rl, worked.map(({ name }) => name));
    const aliveOn = (queue: string): number =>
      workers.filter((each) => each.state !== "lost" && each.queues.includes(queue)).length;
    const problems = [
      ...serverProblems(server),
      ...queues.flatMap((queue) => queueProblems(queue, aliveOn(queue.name))),
    ];
    const lostWorkers = trackLostWorkers({ at: Date.now(), fleet: workers, queues });
    const alerts = trackAlerts({ at, problems, queues });
    const refusing = trackRefusals(at, queues);
    return { at, queues, workers, server, lostWorkers, alerts, refusing, history };
  };
}
