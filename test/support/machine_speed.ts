/**
 * Measures the slowness of this machine, so that a test waits longer on a slower one. A
 * limit in a test is written for a fast, idle machine, and scaled by this factor. It
 * ends a test that hangs, and fails none that is only slow.
 *
 * A short loop measures the speed by the clock, so that other load and a quota count. A
 * run of the tests measures once for each ring and passes the factor to its processes.
 * A test file that runs alone measures for itself.
 *
 * @module
 */

import process from "node:process";

/** Carries the factor from a run of the tests to its processes. */
export const slownessVariable = "RELIER_TEST_SLOWNESS";

const rounds = 20_000_000;

/** The time of the loop on the reference machine for limits, in milliseconds. */
const referenceMs = 15;

/** The slowness from which periods are stretched. */
const ordinary = 3;

/** The greatest factor: a slower machine would make a run endless. */
const mostSlow = 20;

let known = Number(process.env[slownessVariable] ?? 0);

/** The factor by which this machine is slower than the reference; at least 1. */
export function slowness(): number {
  if (known === 0) known = measuredSlowness();
  return known;
}

/** Measures again, because the load may have changed, and returns the greatest factor so far. */
export function slownessNow(): number {
  known = Math.max(known, measuredSlowness());
  return known;
}

/** Scales a limit of `ms` on the reference machine to this machine, in milliseconds. */
export function scaled(ms: number): number {
  return Math.ceil(ms * slowness());
}

/**
 * A period that a test works with, such as a lease or a budget. It is `ms` on an
 * ordinary machine, and longer on one that is too slow to act within it.
 */
export function stretched(ms: number): number {
  return Math.ceil(ms * Math.max(1, slowness() / ordinary));
}

/** Measures the factor by which this machine is now slower than the reference. */
function measuredSlowness(): number {
  const started = performance.now();
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1_664_525) + i) ^ (x >>> 13);
  const tookMs = performance.now() - started;
  // The result is used, so that no compiler removes the loop.
  const factor = x === 0.5 ? 1 : tookMs / referenceMs;
  return Math.min(mostSlow, Math.max(1, Math.round(factor * 10) / 10));
}
