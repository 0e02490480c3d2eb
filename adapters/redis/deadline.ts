/**
 * Waiting with an end. Everything an adapter awaits is bounded here, because a
 * client may never settle.
 *
 * @module
 */

/** Milliseconds on a clock that never goes back. For deadlines only. */
export function now(): number {
  return performance.now();
}

/**
 * Something that ends once and tells whoever sleeps. An `AbortSignal` warns
 * when more than ten listen, and a port has as many as it has calls.
 */
export interface Stop {
  /** Whether it has ended. */
  readonly stopped: boolean;
  /** Ends it. */
  stop(): void;
  /** Calls `listener` when it ends; returns a function that takes that back. */
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

/** Resolves after `ms` milliseconds, or as soon as `stop` ends. */
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

/** Settles as `promise` does, or rejects with what `late` returns after `ms` milliseconds. */
export function within<T>(ms: number, promise: Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    promise.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/**
 * How long to pause after `failures` failures in a row: 50 ms, doubling to one
 * second, and up to half of it off, so that processes do not come back together.
 */
export function backoff(failures: number): number {
  return Math.min(1_000, 25 * 2 ** Math.min(failures, 6)) * (1 - Math.random() / 2);
}
