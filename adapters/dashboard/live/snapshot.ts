/**
 * How everything stands, asked of Redis in a bounded number of calls and at most
 * once a second however many people look.
 *
 * @module
 */

import { createLostWorkerTracker, type LostWorker } from "./lost_workers.ts";
import { listWorkers, type WorkerStatus } from "../../../core/console/worker_list.ts";
import { type Problem, queueProblems, serverProblems } from "../../../core/console/queue_checks.ts";
import {
  type QueueRates,
  type QueueReading,
  readQueues,
  usedQueues,
} from "../../../core/console/queue_rates.ts";
import type { Relier } from "../../../mod.ts";

/** How one queue or all of them were at a moment. */
export interface Sample extends QueueRates {
  /** In ms since 1970. */
  readonly at: number;
  /** Tasks that wait for a worker, at once or later. */
  readonly waiting: number;
  /** Tasks that run. */
  readonly running: number;
}

/** A queue, and how it was lately. */
export interface QueueSnapshot extends QueueReading {
  /** The last samples, the oldest first. */
  readonly history: readonly Sample[];
}

/** How everything stands. */
export interface Snapshot {
  /** In ms since 1970. */
  readonly at: number;
  /** By name. */
  readonly queues: readonly QueueSnapshot[];
  /** By name and age. */
  readonly workers: readonly WorkerStatus[];
  /** What Redis says of itself, by the names of INFO. */
  readonly server: Readonly<Record<string, string>>;
  /** The workers that were lost while somebody looked, the latest first. */
  readonly lostWorkers: readonly LostWorker[];
  /** What is wrong. */
  readonly problems: readonly Problem[];
  /** All queues together; the last samples, the oldest first. */
  readonly history: readonly Sample[];
}

/** How many queues are asked for their numbers at a look; more take turns. */
const mostQueues = 50;
/** How many looks may pass until queues are listed again, and Redis is asked about itself. */
const listEvery = 5;
/** Samples that are kept: five minutes, at one a second. */
const kept = 300;
const noPace: QueueRates = { done: 0, failed: 0, lost: 0, pushed: 0 };

/** Makes something that looks. */
export function createSnapshotPoller(rl: Relier): () => Promise<Snapshot> {
  let names: readonly string[] = [];
  let server: Readonly<Record<string, string>> = {};
  let looks = 0;
  let turn = 0;
  const known = new Map<string, QueueSnapshot>();
  let history: readonly Sample[] = [];
  const lostWorkerTracker = createLostWorkerTracker();

  return async () => {
    if (looks++ % listEvery === 0) {
      [names, server] = await Promise.all([usedQueues(rl), rl.server()]);
    }
    for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
    const asked = names.length <= mostQueues
      ? names
      : Array.from({ length: mostQueues }, () => names[turn++ % names.length]!);
    const at = Date.now();
    for (const each of await readQueues(rl, asked)) {
      const past = known.get(each.name)?.history ?? [];
      known.set(each.name, { ...each, history: [...past, sampleOf([each], at)].slice(-kept) });
    }
    const queues = names.flatMap((name) => known.get(name) ?? []);
    history = [...history, sampleOf(queues, at)].slice(-kept);
    const worked = queues.filter(({ stats }) => stats.workers.length > 0).slice(0, mostQueues);
    const workers = await listWorkers(rl, worked.map(({ name }) => name));
    const aliveOn = (queue: string): number =>
      workers.filter((each) => each.state !== "lost" && each.queues.includes(queue)).length;
    const problems = [
      ...serverProblems(server),
      ...queues.flatMap((queue) => queueProblems(queue, aliveOn(queue.name))),
    ];
    const lostWorkers = lostWorkerTracker({ at: Date.now(), fleet: workers, queues });
    return { at, queues, workers, server, lostWorkers, problems, history };
  };
}

function sampleOf(queues: readonly QueueReading[], at: number): Sample {
  const sum = (of: (queue: QueueReading) => number): number =>
    queues.reduce((n, q) => n + of(q), 0);
  const pace = (name: keyof QueueRates): number => sum((queue) => (queue.pace ?? noPace)[name]);
  return {
    at,
    waiting: sum(({ stats: { counts } }) => counts.ready + counts.scheduled + counts.quarantined),
    running: sum(({ stats: { counts } }) => counts.running),
    done: pace("done"),
    failed: pace("failed"),
    lost: pace("lost"),
    pushed: pace("pushed"),
  };
}
