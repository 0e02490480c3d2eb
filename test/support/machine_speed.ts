/**
 * How slow this machine is, so that a test waits longer on a slower one. A limit
 * in a test is written for a fast machine with nothing beside, and scaled by this
 * factor: it ends a test that hangs, and fails none that is only slow.
 *
 * The speed is measured with a short loop, by the clock, so that busy neighbours
 * and a quota count. A run of the tests measures once for each ring and hands the
 * factor to its processes; a test file that runs alone measures for itself.
 *
 * @module
 */

import process from "node:process";

/** Carries the factor from a run of the tests to its processes. */
export const slownessVariable = "RELIER_TEST_SLOWNESS";

const rounds = 20_000_000;

/** How long the loop takes on the machine that limits are written for, in milliseconds. */
const referenceMs = 15;

/** How slow a machine may be until periods are stretched. */
const ordinary = 3;

/** A machine that is slower than this would make a run endless. */
const mostSlow = 20;

let known = Number(process.env[slownessVariable] ?? 0);

/** How many times slower than the reference this machine is; at least 1. */
export function slowness(): number {
  if (known === 0) known = measuredSlowness();
  return known;
}

/** Measures again, because the load may have changed, and returns the greatest factor so far. */
export function slownessNow(): number {
  known = Math.max(known, measuredSlowness());
  return known;
}

/** A limit of `ms` on the reference machine, as this machine needs it, in milliseconds. */
export function scaled(ms: number): number {
  return Math.ceil(ms * slowness());
}

/**
 * A period that a test works with, such as a lease or a budget: `ms` on an ordinary
 * machine, longer on one that is so slow that nothing would be done within it.
 */
export function stretched(ms: number): number {
  return Math.ceil(ms * Math.max(1, slowness() / ordinary));
}

/** Measures how many times slower than the reference this machine is now. */
function measuredSlowness(): number {
  const started = performance.now();
  let x = 1;
  for (let i = 0; i < rounds; i++) x = (Math.imul(x, 1_664_525) + i) ^ (x >>> 13);
  const tookMs = performance.now() - started;
  // The result is used, so that no compiler leaves the loop out.
  const factor = x === 0.5 ? 1 : tookMs / referenceMs;
  return Math.min(mostSlow, Math.max(1, Math.round(factor * 10) / 10));
}
