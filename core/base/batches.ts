/**
 * Lists in pieces that one call to Redis takes: at most 200 rows, and no more
 * than two million characters unless one row alone has them.
 *
 * @module
 */

import { rowsPerCall } from "../defaults.ts";

const charactersPerCall = 2_000_000;

/** The pieces of `all`, in order; `sizeOf` is how many characters one takes. */
export function* batches<T>(
  all: readonly T[],
  sizeOf: (each: T) => number = () => 0,
): Generator<T[]> {
  let batch: T[] = [];
  let characters = 0;
  for (const each of all) {
    const size = sizeOf(each);
    const full = batch.length === rowsPerCall || characters + size > charactersPerCall;
    if (full && batch.length > 0) {
      yield batch;
      batch = [];
      characters = 0;
    }
    batch.push(each);
    characters += size;
  }
  if (batch.length > 0) yield batch;
}
