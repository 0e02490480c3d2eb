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

  const sum = (of: (cursor: QueueCursor) => number): number =>
    cursors.reduce((all, cursor) => all + of(cursor), 0);
  const claimable = (): number => left - sum((cursor) => cursor.slots + cursor.spare);
  /** While there is plenty, Redis works on one half of the tasks as the other half runs. */
  const mostPerCall = (): number =>
    Math.min(plenty ? Math.ceil((concurrency + ahead.most(plenty)) / 2) : Infinity, rowsPerCall);
  const takenSlots = (): number => slots.running + sum((cursor) => cursor.slots);
  const freeSlots = (): number => Math.min(concurrency - takenSlots(), claimable());
  const freeSpare = (): number =>
    Math.min(ahead.most(plenty) - slots.waiting - sum((cursor) => cursor.spare), claimable());

  return {
    get left() {
      return left;
    },
    freeSlots,
    next() {
      const [free, spare] = [freeSlots(), freeSpare()];
      if (free <= 0 && (spare <= 0 || takenSlots() === 0)) return undefined;
      const most = mostPerCall();
      const start = Math.min(Math.max(0, free), most);
      const ready = Math.min(Math.max(0, spare), most - start, claimable() - start);
      if (start + ready === 0) return undefined;
      const coming = sum((cursor) => cursor.slots + cursor.spare);
      const empty = slots.running + slots.waiting + coming === 0;
      return { slots: start, spare: ready, empty };
    },
    claimed(many, wanted) {
      left -= many;
      plenty = many === wanted;
    },
  };
}
