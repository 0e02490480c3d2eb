/**
 * The clock of a Redis in memory: the real one, or a virtual one that only moves when
 * a test advances it.
 *
 * @module
 */

/** The time and the timers of an engine. */
export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls `run` once `ms` have passed; returns a function that cancels the call. */
  after(ms: number, run: () => void): () => void;
}

/** A clock that only {@linkcode advance} moves. */
export interface VirtualClock extends Clock {
  /** Moves the clock, and runs due timers on the way, in order; returns the new time. */
  advance(ms: number): number;
}

/** The clock of this machine. */
export const realClock: Clock = {
  now: Date.now,
  after(ms, run) {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** Makes a clock that begins with the time of this machine. */
export function virtualClock(): VirtualClock {
  let now = Date.now();
  const waits = new Set<{ readonly at: number; readonly run: () => void }>();
  return {
    now: () => now,
    after(ms, run) {
      const wait = { at: now + ms, run };
      waits.add(wait);
      return () => void waits.delete(wait);
    },
    advance(ms) {
      const end = now + ms;
      for (;;) {
        const next = [...waits].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
        if (next === undefined) break;
        waits.delete(next);
        now = Math.max(now, next.at);
        next.run();
      }
      return now = end;
    },
  };
}
