/**
 * The pace of what workers do by themselves. The workers of a queue share it, so that a fleet
 * costs Redis about as much as one worker.
 *
 * @module
 */

/** A queue is swept this often, however many workers it has. */
export const paceMs = 250;

/** The time until it is the turn of one of `workers` again, at most `mostMs`. */
export function turnMs(workers: number, mostMs: number): number {
  return Math.min(paceMs * Math.max(1, workers), mostMs);
}
