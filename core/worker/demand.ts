/**
 * The demand of a worker for tasks: what fits into its slots, less what is under
 * way, and never more than it may claim in all.
 *
 * @module
 */

import { rowsPerCall } from "../defaults.ts";
import type { ExchangeRequest } from "./exchange.ts";
import type { QueueCursor } from "./queue_schedule.ts";
import type { ReadAhead } from "./read_ahead.ts";
import type { SessionContext } from "./session_context.ts";
import type { AttemptSlots } from "./slots.ts";

/** The demand of a worker for tasks. */
export interface Demand {
  /** The number of tasks it may still claim. */
  readonly left: number;
  /** The number of tasks it could start at once. */
  freeSlots(): number;
  /** The next request; undefined while there is room for nothing. */
  next(): ExchangeRequest | undefined;
  /** A call that wanted `wanted` tasks has claimed `many`. */
  claimed(many: number, wanted: number): void;
}

/** Makes the demand for `slots`. */
export function createDemand(
  { setup: { concurrency }, maxClaims = Infinity }: SessionContext,
  cursors: readonly QueueCursor[],
  slots: AttemptSlots,
  ahead: ReadAhead,
): Demand {
  let left = maxClaims;
  let plenty = false;

  /** The room at this moment. It adds up 1,000 queues, so each request asks once. */
  function room(): { taken: number; claimable: number; free: number; coming: number } {
    let [taken, coming] = [slots.running, 0];
    for (const cursor of cursors) {
      taken += cursor.slots;
      coming += cursor.spare;
    }
    const claimable = left - (taken - slots.running) - coming;
    return { taken, claimable, free: Math.min(concurrency - taken, claimable), coming };
  }
  /** While there is plenty, Redis works on one half of the tasks as the other half runs. */
  const mostPerCall = (): number =>
    Math.min(plenty ? Math.ceil((concurrency + ahead.most(plenty)) / 2) : Infinity, rowsPerCall);

  return {
    get left() {
      return left;
    },
    freeSlots: () => room().free,
    next() {
      const { taken, claimable, free, coming } = room();
      const spare = Math.min(ahead.most(plenty) - slots.waiting - coming, claimable);
      if (free <= 0 && (spare <= 0 || taken === 0)) return undefined;
      const most = mostPerCall();
      const start = Math.min(Math.max(0, free), most);
      const ready = Math.min(Math.max(0, spare), most - start, claimable - start);
      if (start + ready === 0) return undefined;
      return { slots: start, spare: ready, empty: taken + slots.waiting + coming === 0 };
    },
    claimed(many, wanted) {
      left -= many;
      plenty = many === wanted;
    },
  };
}
