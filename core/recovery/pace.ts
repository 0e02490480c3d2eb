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

/**
 * The time until one of `workers` sweeps again. It is less than half a lease: a longer time
 * without a sweep counts as an absence of Redis, so a lone survivor of a fleet would give the
 * tasks of the dead one grace after another.
 */
export function sweepTurnMs(workers: number, leaseMs: number): number {
  return turnMs(workers, 0.4 * leaseMs);
}
