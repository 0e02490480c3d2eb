/**
 * Workers over all queues, and which of them are alive.
 *
 * @module
 */

import type { Relier, Timings, WorkerEntry } from "../../mod.ts";

/** A worker, with its queues and state. */
export interface WorkerStatus extends WorkerEntry {
  /** Queues that it works on. */
  readonly queues: readonly string[];
  /** Recent waits and runs, by queue. */
  readonly timings: ReadonlyMap<string, Timings>;
  /** `lost` if it no longer sends heartbeats. */
  readonly state: WorkerEntry["info"]["state"] | "lost";
}

/** Reads every worker of `queues`, ordered by name and age; one call for each queue. */
export async function listWorkers(
  relier: Relier,
  queues: readonly string[],
): Promise<WorkerStatus[]> {
  const found = new Map<string, WorkerStatus>();
  const lists = await Promise.all(
    queues.map(async (queue) => [queue, await relier.queue(queue).workers()] as const),
  );
  for (const [queue, workers] of lists) {
    for (const worker of workers) {
      const before = found.get(worker.id);
      const state = isAlive(worker, Date.now()) ? worker.info.state : "lost";
      found.set(worker.id, {
        ...worker,
        // Each queue has its own count, and receives a command by itself.
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

/** Name of a worker, or the beginning of its id. */
export function workerName({ id, info }: WorkerEntry): string {
  return info.name ?? id.slice(0, 9);
}

/**
 * Busy slots of a worker, never more than it has. It may hold more tasks: those that it has
 * claimed ahead, and those that its queues report at slightly different moments.
 */
export function busySlots({ running, info }: WorkerEntry): number {
  return Math.min(running, info.concurrency);
}

/** Slots of the live workers of a list, and how many of them are busy. */
export function slotsOf(
  workers: readonly WorkerStatus[],
): { alive: number; slots: number; busy: number } {
  const alive = workers.filter(({ state }) => state !== "lost");
  return {
    alive: alive.length,
    slots: alive.reduce((sum, { info }) => sum + info.concurrency, 0),
    busy: alive.reduce((sum, worker) => sum + busySlots(worker), 0),
  };
}

/** Event loop lag in ms. While the loop is blocked, the stall guard reports it instead of the worker. */
export function loopLag({ info, blockedMs }: WorkerEntry): number {
  return Math.max(info.loopLagMs, blockedMs);
}

/** Tests whether a worker is alive: connected, or with a recent heartbeat where Redis does not show connections. */
export function isAlive({ seen, missingMs, lastBeat }: WorkerEntry, now: number): boolean {
  return seen ? missingMs === 0 : now - lastBeat.getTime() < silentMs;
}

/** Time without a heartbeat after which a worker without a visible connection counts as lost. */
const silentMs = 15_000;
