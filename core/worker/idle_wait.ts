/**
 * Resting: waiting for a bell, one wait at a time, that ends whatever becomes of
 * it. Where no bell reaches us it is a pause, which grows while it is in vain.
 *
 * @module
 */

import { keyOf } from "../protocol/keys.ts";
import type { Lane } from "./queue_schedule.ts";
import { sleep } from "../base/timers.ts";
import type { RedisPort } from "../port.ts";

/** The rests of a worker. */
export interface Rests {
  /** How often a wait that had gone silent was given up and made anew. */
  readonly rebuilt: number;
  /** Rests until a bell rings or something is due, unless it rests already. */
  begin(): void;
  /** Ends it soon. */
  leave(): void;
  /** Something is due at a time, by `performance.now()`: a rest may be too long now. */
  due(at: number): void;
  /** There was something: where no bell reaches us, it is worth looking often again. */
  found(): void;
}

/** A wait that is this much overdue will never end: some clients lose one with their connection. */
const overdueMs = 3000;
const lookMs = 100;
const reliefMs = 500;
const failedMs = 100;
const shortestMs = 100;

/** Makes the rests of a worker, of `restMs` at most; `over` is told of the end of each. */
export function createRests(
  port: RedisPort,
  lanes: readonly Lane[],
  { relief, restMs }: { readonly relief: boolean; readonly restMs: number },
  over: () => void,
  onError: (error: unknown) => void,
): Rests {
  let resting: { readonly gone: AbortController; readonly until: number } | undefined;
  let blindMs = shortestMs;
  let rebuilt = 0;

  function begin(): void {
    if (resting) return;
    const due = Math.min(...lanes.map((lane) => lane.dueAt)) - performance.now();
    const ms = Math.max(1, Math.min(port.listen ? restMs : blindMs, Math.ceil(due)));
    blindMs = Math.min(2 * blindMs, restMs);
    const gone = new AbortController();
    const rest = resting = { gone, until: performance.now() + ms };
    const end = () => {
      if (resting !== rest) return;
      clearTimeout(watchdog);
      resting = undefined;
      over();
    };
    const giveUp = () => {
      rebuilt++;
      onError(new Error(`a wait of ${ms} ms has gone silent and was made anew`));
      gone.abort();
      end();
    };
    // In two steps: a loop that was blocked until now has yet to see the answer that lies there.
    let watchdog = setTimeout(() => watchdog = setTimeout(giveUp, lookMs), ms + overdueMs);
    const bells = lanes.map(({ feed }) => keyOf(feed.partition, "bell"));
    // A ring is for whoever takes anything: a relief worker would hear it in vain.
    const waiting = relief
      ? sleep(Math.min(ms, reliefMs), gone.signal)
      : port.wait(bells, ms, gone.signal);
    waiting.then(end, async (error) => {
      if (!gone.signal.aborted) onError(error);
      await sleep(failedMs, gone.signal);
      end();
    });
  }

  return {
    get rebuilt() {
      return rebuilt;
    },
    begin,
    leave: () => resting?.gone.abort(),
    due(at) {
      if (resting && at < resting.until) resting.gone.abort();
    },
    found() {
      blindMs = shortestMs;
    },
  };
}
