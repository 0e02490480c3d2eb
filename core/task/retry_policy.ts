/**
 * The retry policy of a task: the number of attempts, and the waits between them.
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

/** The retries of a task after its handler failed. */
export interface RetryOptions {
  /** The most failed attempts, the first included: 1 to 1,000,000; 3 by default. */
  attempts?: number;
  /**
   * The growth of the wait: doubling, constant, or a function of the number of failures (from 1).
   * If the function throws or returns no duration, the default applies to that wait.
   */
  backoff?: "exponential" | "fixed" | ((attempt: number) => Duration);
  /** The first wait, 1 s by default. */
  base?: Duration;
  /** The longest wait: 5 minutes by default when doubling, else without limit. */
  max?: Duration;
  /** Draws the wait at random from zero to its length: by default only when doubling. */
  jitter?: boolean;
  /** Returns true for errors that are worth another attempt: all, by default. */
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
/** The first wait, unless the task sets another. */
export const defaultBackoffBaseMs = 1000;
/** The longest wait of an exponential backoff, unless the task sets another. */
export const defaultBackoffMaxMs = 300_000;

/**
 * Completes and checks retry options; a number is short for `{ attempts }`.
 *
 * @throws TypeError, RangeError as `options.ts` does.
 */
export function normaliseRetry(retry: RetryOptions | number | undefined): Retry {
  const given = typeof retry === "number" ? { attempts: retry } : retry === undefined ? {} : retry;
  knownOptions("retry", given, known);
  const { attempts = 3, backoff = "exponential", base = defaultBackoffBaseMs, on = always } = given;
  const doubling = backoff === "exponential";
  const baseMs = toMs("retry.base", base);
  const {
    max = doubling ? Math.max(defaultBackoffMaxMs, baseMs) : maxDuration,
    jitter = doubling,
  } = given;
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

function always(): boolean {
  return true;
}
