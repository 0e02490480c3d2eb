/**
 * Polls the numbers of all queues in a bounded number of calls, and keeps the last
 * samples of each for charts.
 *
 * @module
 */

import type { Relier } from "../../mod.ts";
import { type QueueRates, type QueueReading, readQueues, usedQueues } from "./queue_rates.ts";

/** Depth and rates of one queue, or of all of them, at a moment. */
export interface RateSample extends QueueRates {
  /** In ms since 1970. */
  readonly at: number;
  /** Tasks that wait for a worker, including those that are not due yet. */
  readonly waiting: number;
  /** Tasks that run. */
  readonly running: number;
}

/** The latest reading of a queue, and its last samples. */
export interface QueueSnapshot extends QueueReading {
  /** The oldest first. */
  readonly history: readonly RateSample[];
}

/** The result of one poll. */
export interface QueuesSnapshot {
  /** In ms since 1970. */
  readonly at: number;
  /** By name. */
  readonly queues: readonly QueueSnapshot[];
  /** Samples of all queues together, the oldest first. */
  readonly history: readonly RateSample[];
  /** Set if this poll listed the queues: a good moment for rare work. */
  readonly listed: boolean;
}

/** Options of {@linkcode createSnapshotPoller}. */
export interface SnapshotPollerOptions {
  /** Only these queues; all that were ever used by default. */
  readonly only?: readonly string[] | undefined;
  /** Samples kept of each queue, 300 by default: five minutes at one a second. */
  readonly samples?: number;
}

/** Queues read in one poll; where there are more, they take turns. */
export const mostQueues = 50;
/** Polls until the queues are listed again. */
const listEvery = 5;
const noRates: QueueRates = { done: 0, failed: 0, lost: 0, pushed: 0 };

/** Creates a poller. Each poll makes at most 51 calls; one may start when the last has ended. */
export function createSnapshotPoller(
  relier: Relier,
  { only, samples = 300 }: SnapshotPollerOptions = {},
): () => Promise<QueuesSnapshot> {
  let names: readonly string[] = only ?? [];
  let polls = 0;
  let turn = 0;
  const known = new Map<string, QueueSnapshot>();
  let history: readonly RateSample[] = [];
  const append = (past: readonly RateSample[], sample: RateSample): readonly RateSample[] =>
    [...past, sample].slice(-samples);

  return async () => {
    const listed = polls++ % listEvery === 0;
    if (listed && !only) names = await usedQueues(relier);
    for (const name of known.keys()) if (!names.includes(name)) known.delete(name);
    const asked = names.length <= mostQueues
      ? names
      : Array.from({ length: mostQueues }, () => names[turn++ % names.length]!);
    const at = Date.now();
    for (const reading of await readQueues(relier, asked)) {
      const past = known.get(reading.name)?.history ?? [];
      known.set(reading.name, { ...reading, history: append(past, sampleOf([reading], at)) });
    }
    const queues = names.flatMap((name) => known.get(name) ?? []);
    history = append(history, sampleOf(queues, at));
    return { at, queues, history, listed };
  };
}

function sampleOf(queues: readonly QueueReading[], at: number): RateSample {
  const sum = (of: (queue: QueueReading) => number): number =>
    queues.reduce((total, queue) => total + of(queue), 0);
  const rate = (name: keyof QueueRates): number => sum(({ pace }) => (pace ?? noRates)[name]);
  return {
    at,
    waiting: sum(({ stats: { counts } }) => counts.ready + counts.scheduled + counts.quarantined),
    running: sum(({ stats: { counts } }) => counts.running),
    done: rate("done"),
    failed: rate("failed"),
    lost: rate("lost"),
    pushed: rate("pushed"),
  };
}
