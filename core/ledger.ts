/**
 * Notices that Redis forgot something. Every reply carries the epoch in which a
 * queue was created and a sequence that rises with every write; a reply that
 * left after we knew more than it says comes from a Redis that was flushed,
 * restored or rolled back by a failover.
 *
 * @module
 */

import { RelierError } from "./errors.ts";
import type { Home } from "./keys.ts";

/** What Redis is known to have written, by home. */
export interface Ledger {
  /** The highest sequence seen at `home`, 0 if none. */
  seen(home: Home): number;
  /** Takes note of a reply; `since` is what was seen before its call was sent. */
  witness(home: Home, epoch: string, seq: number, since: number): void;
}

/** Makes a ledger that calls `onLoss` with an `RL_DATA_LOSS` error. */
export function createLedger(onLoss: (error: RelierError, home: Home) => void): Ledger {
  const entries = new Map<string, { epoch: string; seq: number }>();
  return {
    seen: (home) => entries.get(home.root)?.seq ?? 0,
    witness(home, epoch, seq, since) {
      const entry = entries.get(home.root);
      if (!entry) {
        if (epoch) entries.set(home.root, { epoch, seq });
        return;
      }
      // Replies on two connections may overtake each other, so only what was
      // known before the call counts against its answer.
      const lost = entry.epoch !== epoch || seq < since;
      if (!lost) {
        entry.seq = Math.max(entry.seq, seq);
        return;
      }
      const what = entry.epoch === epoch
        ? `its sequence fell from ${since} to ${seq}`
        : `it was at ${entry.seq} and has begun anew`;
      entries.set(home.root, { epoch, seq });
      onLoss(
        new RelierError("RL_DATA_LOSS", `Redis has lost writes of queue "${home.queue}": ${what}`, {
          hint: "it was flushed, restored or failed over: push again what must not be missing",
        }),
        home,
      );
    },
  };
}
