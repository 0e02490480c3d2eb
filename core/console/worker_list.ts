/**
 * The workers there are, over all queues, and which of them can be counted on.
 *
 * @module
 */

import type { Relier, Timings, WorkerEntry } from "../../mod.ts";

/** A worker, and where it works. */
export interface WorkerStatus extends WorkerEntry {
  /** The queues where it beats. */
  readonly queues: readonly string[];
  /** What it met lately on each of them. */
  readonly timings: ReadonlyMap<string, Timings>;
  /** `lost` if it does not beat any more. */
  readonly state: WorkerEntry["info"]["state"] | "lost";
}

/** Every worker of `queues`, by name and age; one call for each queue. */
export async function listWorkers(
  relier: Relier,
  queues: readonly string[],
): Promise<WorkerStatus[]> {
  const found = new Map<string, WorkerStatus>();
  const fleets = await Promise.all(
    queues.map(async (queue) => [queue, await relier.queue(queue).workers()] as const),
  );
  for (const [queue, workers] of fleets) {
    for (const worker of workers) {
      const before = found.get(worker.id);
      const state = isAlive(worker, Date.now()) ? worker.info.state : "lost";
      found.set(worker.id, {
        ...worker,
        // Each queue knows what is held there, and hears of an order by itself.
        running: worker.running + (before?.running ?? 0),
        command: worker.command ?? before?.command ?? null,
        state: state === "lost" ? before?.state ?? state : state,
        queues: [...before?.queues ?? [], queue],
        timings: new Map([...before?.timings ?? [], [queue, worker.info.timings]]),
      });
    }
  }
  const key = ({ info, id }: WorkerStatus): string => `${info.name ?? "~"} ${info.startedAt} ${id}`;
  return [...found.values()].sort((a, b) => key(a) < key(b) ? -1 : 1);
}

/** What people call a worker. */
export function workerName({ id, info }: WorkerEntry): string {
  return info.name ?? id.slice(0, 9);
}

/** How late its event loop is, in ms: blocked it says so no more, and whoever beats for it does. */
export function loopLag({ info, blockedMs }: WorkerEntry): number {
  return Math.max(info.loopLagMs, blockedMs);
}

/** Whether a worker can be counted on: connected, or heard of lately where that cannot be seen. */
export function isAlive({ seen, missingMs, lastBeat }: WorkerEntry, now: number): boolean {
  return seen ? missingMs === 0 : now - lastBeat.getTime() < silentMs;
}

/** A worker that has not beaten for this long, and whose connection cannot be seen, is not counted on. */
const silentMs = 15_000;
