/**
 * Splits lists into batches for one call to Redis each: at most 200 rows, and at most
 * two million characters unless a single row is larger. More would block Redis for
 * other clients, and a service over HTTP refuses it: Upstash takes 10 MB.
 *
 * @module
 */

import { rowsPerCall } from "../defaults.ts";

/** The most characters of a batch. */
export const charactersPerCall = 2_000_000;

/** Yields the batches of `all`, in order; `sizeOf` returns the characters of one row. */
export function* batches<T>(
  all: Iterable<T>,
  sizeOf: (each: T) => number = () => 0,
  most: number = charactersPerCall,
): Generator<T[]> {
  let batch: T[] = [];
  let characters = 0;
  for (const each of all) {
    const size = sizeOf(each);
    const full = batch.length === rowsPerCall || characters + size > most;
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
