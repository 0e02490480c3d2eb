/**
 * The wait of an idle worker: it blocks until a bell rings, one wait at a time, and
 * a watchdog ends a wait that Redis does not answer. Without a bell it is a sleep,
 * which grows while it finds nothing.
 *
 * @module
 */

import { keyOf } from "../protocol/keys.ts";
import type { QueueCursor } from "./queue_schedule.ts";
import { sleep } from "../base/timers.ts";
import type { SessionContext } from "./session_context.ts";

/** The waits of an idle worker. */
export interface IdleWait {
  /** The number of waits that were given up because Redis did not answer them. */
  readonly rebuilt: number;
  /** Waits until a bell rings or something is due, unless it waits already. */
  begin(): void;
  /** Ends the wait soon. */
  end(): void;
  /** Notes that a task is due at a time, by `performance.now()`: shortens a longer wait. */
  dueAt(at: number): void;
  /** Notes that there was work: without a bell, frequent checks are useful again. */
  reset(): void;
}

/** A wait that is this much overdue never ends: some clients lose one with their connection. */
const overdueMs = 3000;
const lookMs = 100;
const reliefMs = 500;
/** The share of time for each bell: 1,000 are waited for 50 times a second at most. */
const bellMs = 0.02;
const failedMs = 100;
const shortestMs = 100;

/** Makes the waits of a worker; calls `onEnd` at the end of each, with the bell that rang if it is known. */
export function createIdleWait(
  { caller: { port }, setup: { relief }, fleet, report }: SessionContext,
  cursors: readonly QueueCursor[],
  onEnd: (bell: string | undefined) => void,
): IdleWait {
  /** A wait for many bells costs more than one for a few, and begins more rarely. */
  const pauseMs = cursors.length > 1 ? cursors.length * bellMs : 0;
  let beganAt = -Infinity;
  const bells = cursors.map(({ exchange }) => keyOf(exchange.partition, "bell"));
  let waiting: { readonly gone: AbortController; readonly until: number } | undefined;
  let blindMs = shortestMs;
  let rebuilt = 0;

  function begin(): void {
    if (waiting) return;
    const due = Math.min(...cursors.map((cursor) => cursor.dueAt)) - performance.now();
    const ms = Math.max(1, Math.min(port.listen ? fleet.restMs : blindMs, Math.ceil(due)));
    blindMs = Math.min(2 * blindMs, fleet.restMs);
    const gone = new AbortController();
    const wait = waiting = { gone, until: performance.now() + ms };
    const end = (bell?: string) => {
      if (waiting !== wait) return;
      clearTimeout(watchdog);
      waiting = undefined;
      onEnd(bell);
    };
    const giveUp = () => {
      rebuilt++;
      report(
        new Error(`Redis did not answer a blocking wait of ${ms} ms; opened a new connection`),
      );
      gone.abort();
      end();
    };
    // In two steps: a loop that was blocked until now may not have read an answer that has arrived.
    let watchdog = setTimeout(() => watchdog = setTimeout(giveUp, lookMs), ms + overdueMs);
    waitFor(ms, gone.signal).then((bell) => end(bell ?? undefined), async (error) => {
      if (!gone.signal.aborted) report(error);
      await sleep(failedMs, gone.signal);
      end();
    });
  }

  async function waitFor(ms: number, signal: AbortSignal): Promise<string | void> {
    // A bell rings for one worker, and is wasted on one that takes quarantined tasks only.
    if (relief) return sleep(Math.min(ms, reliefMs), signal);
    const restMs = Math.min(ms, beganAt + pauseMs - performance.now());
    if (restMs > 0) await sleep(restMs, signal);
    beganAt = performance.now();
    return port.wait(bells, ms, signal);
  }

  return {
    get rebuilt() {
      return rebuilt;
    },
    begin,
    end: () => waiting?.gone.abort(),
    dueAt(at) {
      if (waiting && at < waiting.until) waiting.gone.abort();
    },
    reset() {
      blindMs = shortestMs;
    },
  };
}
