/**
 * The workers that share the queues of this one. The more there are, the rarer is what an idle
 * worker does by itself: together they cost Redis about as much as one.
 *
 * @module
 */

import type { Partition } from "../protocol/keys.ts";
import { turnMs } from "../recovery/pace.ts";
import type { Setup } from "./worker_options.ts";

/** The fleet of a worker. */
export interface Fleet {
  /** Notes the number of workers at `partition`, this one included. */
  counted(partition: Partition, workers: number): void;
  /** The longest wait for a bell. */
  readonly restMs: number;
  /** The time between two beats at `partition` without a lease there; `seen` if Redis sees the worker. */
  idleBeatMs(partition: Partition, seen: boolean): number;
}

/** The longest shared wait for a bell: no client waits longer. */
const longestRestMs = 60_000;
/** A worker beats so often for each of its queues. */
const beatShareMs = 50;
/** Leases between two idle beats. People take a worker that Redis does not see for dead sooner. */
const idleLeases = { seen: 5, unseen: 1 };

/** Makes the fleet of a worker that is alone, as far as it knows. */
export function createFleet(
  { phoenix, leaseMs, restMs, idleBeatMs, queues }: Setup,
): Fleet {
  const counts = new Map<Partition, number>();
  return {
    counted: (partition, workers) => void counts.set(partition, workers),
    get restMs() {
      // Only sweeps ring again for a task whose ring was missed.
      if (!phoenix) return restMs;
      const fewest = counts.size === 0 ? 1 : Math.min(...counts.values());
      return Math.max(restMs, turnMs(fewest, longestRestMs));
    },
    idleBeatMs(partition, seen) {
      const most = leaseMs * (seen ? idleLeases.seen : idleLeases.unseen);
      const turn = turnMs(counts.get(partition) ?? 1, most);
      const shared = Math.min(most, Math.max(turn, beatShareMs * queues.length));
      // Beats at many queues began together, and spread out.
      return Math.max(idleBeatMs, shared * (0.75 + Math.random() / 4));
    },
  };
}
