/**
 * A virtual clock for a process of its own: a day of timers runs in seconds, and no timer
 * is skipped.
 *
 * @module
 */

/** The virtual clock of this process. */
export interface FastForward {
  /**
   * Advances by `ms`, timer by timer. Before each step `idle` resolves once the work of the
   * last timer is done; `advanced` receives the length of the step.
   */
  advance(ms: number, idle: () => Promise<void>, advanced: (ms: number) => void): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
  ref(): Timer;
  unref(): Timer;
}

/** Replaces the timers and the clock of this process for good. */
export function replaceClock(): FastForward {
  let now = Math.ceil(performance.now());
  const timers = new Set<Timer>();
  const set = (run: (...args: unknown[]) => void, ms = 0, ...args: unknown[]): Timer => {
    const timer: Timer = {
      at: now + Math.max(1, Math.ceil(ms)),
      run: () => run(...args),
      ref: () => timer,
      unref: () => timer,
    };
    timers.add(timer);
    return timer;
  };
  const clear = (timer: Timer) => void timers.delete(timer);
  Object.assign(globalThis, { setTimeout: set, clearTimeout: clear });
  performance.now = () => now;

  return {
    async advance(ms, idle, advanced) {
      const end = now + ms;
      for (;;) {
        await idle();
        const next = [...timers].reduce<Timer | undefined>(
          (first, each) => first && first.at <= each.at ? first : each,
          undefined,
        );
        const at = Math.min(end, next?.at ?? end);
        advanced(at - now);
        now = at;
        if (!next || next.at > end) return;
        timers.delete(next);
        next.run();
      }
    },
  };
}
