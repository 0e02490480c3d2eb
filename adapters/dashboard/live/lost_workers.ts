/**
 * Detects lost workers by comparing snapshots: which worker, how long it was silent, and
 * how many tasks were resurrected.
 *
 * @module
 */

import { workerName, type WorkerStatus } from "../../../core/console/worker_list.ts";
import type { QueueReading } from "../../../core/console/queue_rates.ts";

/** A worker that was lost. */
export interface LostWorker {
  readonly worker: string;
  readonly name: string;
  readonly host: string;
  /** The time of its last heartbeat, by the clock of Redis. */
  readonly lastBeat: Date;
  /** The time at which it was found missing, in ms since 1970, by the local clock. */
  readonly at: number;
  /** From its last heartbeat to that snapshot: the longest the detection can have taken. */
  readonly silentMs: number;
  /** The number of tasks of its queues that were resurrected around then, by cause. */
  readonly causes: Readonly<Record<string, number>>;
}

/** The part of a snapshot that is compared. */
interface Seen {
  readonly at: number;
  readonly fleet: readonly WorkerStatus[];
  readonly queues: readonly QueueReading[];
}

const kept = 50;

/** Makes a function that takes each snapshot and returns the last losses, the latest first. */
export function createLostWorkerTracker(): (seen: Seen) => readonly LostWorker[] {
  let before: Seen | undefined;
  let losses: readonly LostWorker[] = [];
  return (seen) => {
    if (before) {
      const found = lostBetween(before, seen)
        .filter(({ worker }) => !losses.some((loss) => loss.worker === worker));
      if (found.length > 0) losses = [...found, ...losses].slice(0, kept);
    }
    before = seen;
    return losses;
  };
}

function lostBetween(before: Seen, { at, fleet, queues }: Seen): LostWorker[] {
  const present = new Set(fleet.map(({ id }) => id));
  return before.fleet.flatMap((worker) => {
    if (present.has(worker.id)) return [];
    const causes = resurrectedBetween(before.queues, queues, worker.queues);
    // A worker that drained, or held no task, leaves nothing to resurrect.
    if (Object.keys(causes).length === 0 && worker.state !== "lost") return [];
    return [{
      worker: worker.id,
      name: workerName(worker),
      host: worker.info.host,
      lastBeat: worker.lastBeat,
      at,
      silentMs: Math.max(0, at - worker.lastBeat.getTime()),
      causes,
    }];
  });
}

function resurrectedBetween(
  before: readonly QueueReading[],
  now: readonly QueueReading[],
  names: readonly string[],
): Record<string, number> {
  const found: Record<string, number> = {};
  for (const { name, stats } of now) {
    if (!names.includes(name)) continue;
    const then = before.find((each) => each.name === name)?.stats.causes ?? {};
    for (const [cause, n] of Object.entries(stats.causes)) {
      const more = n - (then[cause] ?? 0);
      if (more > 0) found[cause] = (found[cause] ?? 0) + more;
    }
  }
  return found;
}
