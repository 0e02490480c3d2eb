/**
 * Notices that Redis forgot something. Every reply carries the epoch in which a
 * queue was created and a sequence that rises with every write; a reply that
 * left after we knew more than it says comes from a Redis that was flushed,
 * restored or rolled back by a failover.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Partition } from "../protocol/keys.ts";

/** What is known of a partition at one moment. */
export interface Mark {
  readonly epoch: string;
  readonly seq: number;
  /** Rises with every loss, so that calls from before it are told apart. */
  readonly life: number;
}

/** What Redis is known to have written, by partition. */
export interface Ledger {
  /** What is known of `partition` now, if anything. */
  seen(partition: Partition): Mark | undefined;
  /** Takes note of a reply; `since` is what was known when its call was sent. */
  witness(partition: Partition, epoch: string, seq: number, since: Mark | undefined): void;
}

/** Makes a ledger that calls `onLoss` with an `RL_DATA_LOSS` error, once for each loss. */
export function createLedger(onLoss: (error: RelierError) => void): Ledger {
  const marks = new Map<string, Mark>();
  return {
    seen: (partition) => marks.get(partition.root),
    witness(partition, epoch, seq, since) {
      const mark = marks.get(partition.root);
      if (!mark?.epoch) {
        marks.set(partition.root, { epoch, seq, life: mark?.life ?? 0 });
        return;
      }
      // Replies on two connections may overtake each other, so an answer is held
      // only against what was known before its call.
      if (since?.life !== mark.life) return;
      if (epoch === mark.epoch && seq >= since.seq) {
        if (seq > mark.seq) marks.set(partition.root, { ...mark, seq });
        return;
      }
      const what = epoch === mark.epoch
        ? `its sequence fell from ${since.seq} to ${seq}`
        : `it was at ${mark.seq} and has begun anew`;
      marks.set(partition.root, { epoch, seq, life: mark.life + 1 });
      onLoss(
        new RelierError(
          "RL_DATA_LOSS",
          `Redis has lost writes of queue "${partition.queue}": ${what}`,
          {
            hint: "it was flushed, restored or failed over: push again what must not be missing",
          },
        ),
      );
    },
  };
}
