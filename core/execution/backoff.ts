/**
 * The wait between a failed attempt and the next one.
 *
 * @module
 */

import { toMs } from "../base/duration.ts";
import { defaultBackoffBaseMs, defaultBackoffMaxMs, type Retry } from "../task/retry_policy.ts";

/**
 * The wait after the `failures`-th failure (from 1), in whole milliseconds. Doubling with full jitter
 * is the formula of "Exponential Backoff And Jitter" (AWS Architecture Blog, 2015):
 * random(0, min(max, base * 2^n)), with n = 0 for the first failure.
 *
 * @param random from 0 to 1, exclusive
 * @param onBadBackoff receives what the caller's function threw, or why its answer is not a duration
 */
export function backoffMs(
  retry: Retry,
  failures: number,
  random: () => number = Math.random,
  onBadBackoff: (cause: unknown) => void = () => {},
): number {
  const { backoff, base, max, jitter } = retry;
  if (backoff === "exponential") return drawn(doubled(base, max, failures), jitter, random);
  if (backoff === "fixed") return drawn(Math.min(base, max), jitter, random);
  try {
    return drawn(Math.min(toMs("retry.backoff", backoff(failures)), max), jitter, random);
  } catch (cause) {
    onBadBackoff(cause);
    const defaultMs = doubled(defaultBackoffBaseMs, defaultBackoffMaxMs, failures);
    return drawn(Math.min(max, defaultMs), true, random);
  }
}

/** The exponent is bounded: 2^40 exceeds any `max`, and infinity times zero is not a number. */
function doubled(base: number, max: number, failures: number): number {
  return Math.min(max, base * 2 ** Math.min(Math.max(failures, 1) - 1, 40));
}

function drawn(ceiling: number, jitter: boolean, random: () => number): number {
  return jitter ? Math.floor(random() * ceiling) : ceiling;
}
