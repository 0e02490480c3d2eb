/**
 * Detects that Redis lost writes. Every reply carries the epoch in which a queue was created and a
 * sequence that rises with every write. A reply with less than was known before its call comes
 * from a Redis that was flushed, restored or rolled back by a failover.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import type { Partition } from "../protocol/keys.ts";

/** The last write of a partition that is known at one moment. */
export interface WriteMark {
  readonly epoch: string;
  readonly seq: number;
  /** Rises with every loss, so calls from before a loss can be recognised. */
  readonly life: number;
}

/** Compares replies with the writes that are known, by partition. */
export interface LossDetector {
  /** The last known write of `partition`, if there is one. */
  lastSeen(partition: Partition): WriteMark | undefined;
  /** Compares a reply, and notes its write; `since` is the last known write when its call was sent. */
  observe(partition: Partition, epoch: string, seq: number, since: WriteMark | undefined): void;
}

/**
 * Creates a detector that calls `onLoss` with an `RL_DATA_LOSS` error, once for each loss, and
 * `onDeleted` with the name of a queue that an operator deleted: its new epoch is negative.
 */
export function createLossDetector(
  onLoss: (error: RelierError) => void,
  onDeleted: (queue: string) => void = () => {},
): LossDetector {
  const marks = new Map<string, WriteMark>();
  return {
    lastSeen: (partition) => marks.get(partition.root),
    observe(partition, epoch, seq, since) {
      const mark = marks.get(partition.root);
      if (!mark?.epoch) {
        marks.set(partition.root, { epoch, seq, life: mark?.life ?? 0 });
        return;
      }
      // Replies on two connections may overtake each other, so a reply is compared
      // only with what was known before its call.
      if (since?.life !== mark.life) return;
      if (epoch === mark.epoch && seq >= since.seq) {
        if (seq > mark.seq) marks.set(partition.root, { epoch, seq, life: mark.life });
        return;
      }
      if (epoch !== mark.epoch && epoch.startsWith("-")) {
        marks.set(partition.root, { epoch, seq, life: mark.life + 1 });
        return onDeleted(partition.queue);
      }
      const what = epoch === mark.epoch
        ? `its sequence fell from ${since.seq} to ${seq}`
        : `it was at ${mark.seq} and started over`;
      marks.set(partition.root, { epoch, seq, life: mark.life + 1 });
      onLoss(
        new RelierError(
          "RL_DATA_LOSS",
          `Redis has lost writes of queue "${partition.queue}": ${what}`,
          { hint: "it was flushed, restored or failed over: push again what must not be missing" },
        ),
      );
    },
  };
}

/** A detector that compares nothing, for records that can be written again. */
export const noLossDetection: LossDetector = { lastSeen: () => undefined, observe: () => {} };
