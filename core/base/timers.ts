/**
 * Waits that always end.
 *
 * @module
 */

import { allowListeners } from "./host.ts";

/** Makes a controller for a signal that handlers and callers listen to as often as they like. */
export function abortController(): AbortController {
  const controller = new AbortController();
  allowListeners(controller.signal);
  return controller;
}

/**
 * Calls `run` once when `signal` aborts, unless the returned function is called before. Any number
 * of callers may share a signal; Node.js would report more than ten as a leak.
 */
export function onAbort(signal: AbortSignal | undefined, run: () => void): () => void {
  if (signal === undefined) return () => {};
  allowListeners(signal);
  signal.addEventListener("abort", run, { once: true });
  return () => signal.removeEventListener("abort", run);
}

/** Resolves after `ms`, or as soon as `signal` aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const end = () => {
      clearTimeout(timer);
      forget();
      resolve();
    };
    const timer = setTimeout(end, ms);
    const forget = onAbort(signal, end);
  });
}

/** Resolves once `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    onAbort(signal, resolve);
  });
}

/** Waits for `work`, for `ms` at most. Rejects if `work` rejects within that time. */
export async function waitAtMost(ms: number, work: Promise<unknown>): Promise<void> {
  const done = new AbortController();
  await Promise.race([work, sleep(ms, done.signal)]).finally(() => done.abort());
}

/** Settles as `work` does, or rejects with the error of `late` after `ms`. */
export function settleWithin<T>(ms: number, work: T | Promise<T>, late: () => Error): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(late()), ms);
    Promise.resolve(work).then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Runs `run` soon, once no microtask is left. */
export const afterMicrotasks: (run: () => void) => void =
  (globalThis as { setImmediate?: (run: () => void) => void }).setImmediate ??
    ((run) => void setTimeout(run, 0));

/** The time for which long work may hold the event loop, and its most parts in that time. */
const sliceMs = 10;
const partsPerSlice = 25;

/**
 * Divides long work into slices: the returned function resolves after a turn of the event loop once
 * a slice is over. Until then it returns undefined, because a turn may take a millisecond.
 */
export function createSlices(): () => Promise<void> | undefined {
  let began = performance.now();
  let parts = 0;
  return () => {
    if (++parts < partsPerSlice && performance.now() - began < sliceMs) return undefined;
    return new Promise((resolve) =>
      afterMicrotasks(() => {
        began = performance.now();
        parts = 0;
        resolve();
      })
    );
  };
}
