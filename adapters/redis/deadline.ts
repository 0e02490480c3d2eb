/**
 * Bounded waits. Every wait of an adapter has a deadline here, because a client may
 * never settle.
 *
 * @module
 */

/** Returns milliseconds of a monotonic clock. For deadlines only. */
export function now(): number {
  return performance.now();
}

/**
 * A signal that stops once and wakes its listeners. An `AbortSignal` warns
 * above ten listeners, and a port has one for each call.
 */
export interface Stop {
  /** True once it has stopped. */
  readonly stopped: boolean;
  /** Stops it. */
  stop(): void;
  /** Calls `listener` when it stops; returns a function that removes the listener. */
  onStop(listener: () => void): () => void;
}

/** Makes a {@linkcode Stop}. */
export function openStop(): Stop {
  const listeners = new Set<() => void>();
  let stopped = false;
  return {
    get stopped() {
      return stopped;
    },
    stop() {
      stopped = true;
      for (const listener of listeners) listener();
      listeners.clear();
    },
    onStop(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Resolves after `ms` milliseconds, or as soon as `stop` stops. */
export function sleep(ms: number, stop: Stop): Promise<void> {
  return new Promise((resolve) => {
    if (stop.stopped || ms <= 0) return resolve();
    const timer = setTimeout(() => {
      forget();
      resolve();
    }, ms);
    const forget = stop.onStop(() => {
      clearTimeout(timer);
      resolve();
    });
  });
}

/** Settles as `promise` does, or rejects with the error of `late` after `ms` milliseconds. */
export function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * The pause after `failures` failures in a row: 50 ms, doubling to one second,
 * less a random part of up to half, so that processes do not reconnect together.
 */
export function backoff(failures: number): number {
  return Math.min(1_000, 25 * 2 ** Math.min(failures, 6)) * (1 - Math.random() / 2);
}
