/**
 * When a task that failed runs again, and how often.
 *
 * @module
 */

import { type Duration, maxDuration, toMs } from "../base/duration.ts";
import {
  booleanOption,
  functionOption,
  integerOption,
  knownOptions,
  oneOf,
} from "../base/options.ts";

/** How a task is retried after its handler failed. */
export interface RetryOptions {
  /** How often the handler may run and fail, the first time included: 1 to 1,000,000; 3 by default. */
  attempts?: number;
  /**
   * How the wait grows: doubling, or the same each time, or as a function of how
   * often it has failed (from 1) says. A function that throws or returns no
   * duration is replaced by the default for that time.
   */
  backoff?: "exponential" | "fixed" | ((attempt: number) => Duration);
  /** The first wait, 1 s by default. */
  base?: Duration;
  /** The longest wait: 5 minutes by default when doubling, else as long as you say. */
  max?: Duration;
  /** Whether the wait is drawn from zero to its length: by default only when doubling. */
  jitter?: boolean;
  /** Which errors are worth another attempt: all, by default. */
  on?: (err: unknown) => boolean;
}

/** Retry options, complete and checked; durations in milliseconds. */
export interface Retry {
  readonly attempts: number;
  readonly backoff: "exponential" | "fixed" | ((attempt: number) => Duration);
  readonly base: number;
  readonly max: number;
  readonly jitter: boolean;
  readonly on: (err: unknown) => boolean;
}

const known = ["attempts", "backoff", "base", "max", "jitter", "on"];
const defaultBase = 1000;
const defaultMax = 300_000;

/**
 * Completes and checks retry options; a number is short for `{ attempts }`.
 *
 * @throws TypeError, RangeError as `options.ts` does.
 */
export function normaliseRetry(retry: RetryOptions | number | undefined): Retry {
  const given = typeof retry === "number" ? { attempts: retry } : retry === undefined ? {} : retry;
  knownOptions("retry", given, known);
  const { attempts = 3, backoff = "exponential", base = defaultBase, on = always } = given;
  const doubling = backoff === "exponential";
  const baseMs = toMs("retry.base", base);
  const { max = doubling ? Math.max(defaultMax, baseMs) : maxDuration, jitter = doubling } = given;
  return {
    attempts: integerOption("retry.attempts", attempts, { min: 1, max: 1_000_000 }),
    backoff: typeof backoff === "function"
      ? backoff
      : oneOf("retry.backoff", backoff, ["exponential", "fixed"]),
    base: baseMs,
    max: toMs("retry.max", max, { min: baseMs }),
    jitter: booleanOption("retry.jitter", jitter),
    on: functionOption("retry.on", on),
  };
}

/**
 * How long to wait after the `failures`-th failure (from 1), in whole
 * milliseconds. Doubling with full jitter is the formula of "Exponential Backoff
 * And Jitter" (AWS Architecture Blog, 2015): random(0, min(max, base * 2^n)),
 * with n = 0 for the first failure.
 *
 * @param random from 0 to 1, exclusive
 * @param onBadBackoff told what the caller's function threw, or why its answer is none
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
    const ceiling = Math.min(max, doubled(defaultBase, defaultMax, failures));
    return drawn(ceiling, true, random);
  }
}

/** 2^40 times anything is more than any `max`, and infinity times zero would be no number. */
function doubled(base: number, max: number, failures: number): number {
  return Math.min(max, base * 2 ** Math.min(Math.max(failures, 1) - 1, 40));
}

function drawn(ceiling: number, jitter: boolean, random: () => number): number {
  return jitter ? Math.floor(random() * ceiling) : ceiling;
}

function always(): boolean {
  return true;
}
