/**
 * Time that passes when it is told to, for a process that does nothing else: a
 * day of timers is over in seconds, and every one of them has run.
 *
 * @module
 */

/** The clock of this process. */
export interface FastForward {
  /**
   * Lets `ms` pass, timer by timer. Before each step `calm` resolves once what
   * the last one set off is done; `passed` is told how much time the step took.
   */
  pass(ms: number, calm: () => Promise<void>, passed: (ms: number) => void): Promise<void>;
}

interface Timer {
  readonly at: number;
  readonly run: () => void;
  ref(): Timer;
  unref(): Timer;
}

/** Takes the timers and the clock of this process over, for good. */
export function takeTime(): FastForward {
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
    async pass(ms, calm, passed) {
      const end = now + ms;
      for (;;) {
        await calm();
        const next = [...timers].reduce<Timer | undefined>(
          (first, each) => first && first.at <= each.at ? first : each,
          undefined,
        );
        const at = Math.min(end, next?.at ?? end);
        passed(at - now);
        now = at;
        if (!next || next.at > end) return;
        timers.delete(next);
        next.run();
      }
    },
  };
}
