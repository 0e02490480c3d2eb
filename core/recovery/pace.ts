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

/** A larger fleet spreads its sweeps over a whole lease. */
const fewWorkers = 16;

/**
 * The time until one of `workers` sweeps again. In a small fleet it is less than half a lease: a
 * longer time without a sweep counts as an absence of Redis, so a lone survivor would give the
 * tasks of hung neighbours a grace first. In a large one that would cost Redis more than the fleet:
 * the sweep that gives a grace asks for the next one, so that a second grace never follows.
 */
export function sweepTurnMs(workers: number, leaseMs: number): number {
  return turnMs(workers, workers > fewWorkers ? leaseMs : 0.4 * leaseMs);
}
