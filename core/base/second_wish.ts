/**
 * Distinguishes a second wish to end from a second delivery of the first. A terminal signals the
 * whole process group, and parents such as `npx`, `tsx watch` and `node --watch` pass the signal
 * on: one Ctrl-C arrives twice, and would cut off the work it asks to finish.
 *
 * @module
 */

/** The time after the first signal from which on another one is a wish of its own. */
const secondWishMs = 2000;

/**
 * Returns a function to call at each signal. It calls `first` once, and `second` for each signal
 * that comes 2 s later or more.
 */
export function createWishes(first: () => void, second: () => void): () => void {
  let since: number | undefined;
  return () => {
    const now = performance.now();
    if (since === undefined) {
      since = now;
      first();
    } else if (now - since >= secondWishMs) {
      second();
    }
  };
}
