/**
 * Looks at the idle queues of a worker of several, and wakes those that have something to
 * claim. A claim in each of them would cost far more, and hold slots meanwhile.
 *
 * @module
 */

import { sleep } from "../base/timers.ts";
import { lookAtEach, type QueueLook } from "../recovery/look.ts";
import type { QueueCursor } from "./queue_schedule.ts";
import type { SessionContext } from "./session_context.ts";

/** The looks of a worker. */
export interface QueueLooks {
  /** True before the first look. */
  readonly blind: boolean;
  /** Looks at the idle queues soon; a while after the last look. */
  look(): void;
  /** Looks at `cursors` now, for a worker that has settled in `settles` calls. */
  lookAt(cursors: readonly QueueCursor[], settles: number): void;
}

/** An idle queue is left alone so long while another has work: then no wait hears its bell. */
const leaveAloneMs = 50;
/** And so long for each queue: 1,000 are looked at four times a second. */
const eachMs = 0.25;

/** Makes the looks of a worker of `cursors`; calls `onLook` after each. */
export function createQueueLooks(
  { caller, report, signal }: SessionContext,
  cursors: readonly QueueCursor[],
  onLook: () => void,
): QueueLooks {
  const pauseMs = Math.max(leaveAloneMs, cursors.length * eachMs);
  let looking = false;
  let planned = false;
  let lookedAt = -Infinity;

  async function lookAt(these: readonly QueueCursor[], settles: number): Promise<void> {
    if (looking || these.length === 0) return;
    looking = true;
    lookedAt = performance.now();
    let looks: QueueLook[] | undefined;
    try {
      looks = await lookAtEach(caller, these.map(({ exchange }) => exchange.partition));
    } catch (error) {
      report(error);
    }
    looking = false;
    if (signal.aborted) return;
    const now = performance.now();
    for (const [i, cursor] of these.entries()) note(cursor, looks?.[i], settles, now);
    onLook();
  }

  return {
    get blind() {
      return lookedAt === -Infinity;
    },
    look() {
      if (planned) return;
      planned = true;
      const restMs = lookedAt + pauseMs - performance.now();
      const pause = restMs > 0 ? sleep(restMs, signal) : Promise.resolve();
      void pause.then(() => {
        planned = false;
        return lookAt(cursors.filter((cursor) => cursor.idle), -1);
      });
    },
    lookAt: (these, settles) => void lookAt(these, settles),
  };
}

/** Notes what is going on at `cursor`; without a look, only a claim knows. */
function note(
  cursor: QueueCursor,
  look: QueueLook | undefined,
  settles: number,
  now: number,
): void {
  if (!look || look.ready > 0 || look.dueMs === 0) {
    cursor.idle = false;
    if (look && look.dueMs !== 0) cursor.found = look.ready;
    return;
  }
  cursor.dueAt = look.dueMs < 0 ? Infinity : now + look.dueMs;
  cursor.askedAt = now;
  cursor.settles = Math.max(cursor.settles, settles);
}
