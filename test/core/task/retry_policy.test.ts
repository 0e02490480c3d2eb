/**
 * Retry options and their waits.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { backoffMs } from "../../../core/execution/backoff.ts";
import { normaliseRetry, type RetryOptions } from "../../../core/task/retry_policy.ts";

const half = (): number => 0.5;
const almost = (): number => 1 - 2 ** -53;

test("by default a task has three attempts, doubling from 1 s to 5 min with full jitter", () => {
  const { on, ...retry } = normaliseRetry(undefined);
  assert.deepEqual(retry, {
    attempts: 3,
    backoff: "exponential",
    base: 1000,
    max: 300_000,
    jitter: true,
  });
  assert.equal(on(null), true);
  assert.equal(normaliseRetry(7).attempts, 7);
});

test("the wait is drawn from zero to a ceiling that doubles up to the longest", () => {
  const retry = normaliseRetry({});
  assert.deepEqual([1, 2, 3, 9, 10].map((n) => backoffMs(retry, n, half)), [
    500,
    1000,
    2000,
    128_000,
    150_000,
  ]);
  assert.equal(backoffMs(retry, 1, () => 0), 0);
  assert.equal(backoffMs(retry, 1, almost), 999);
});

test("every number of failures gives a wait that is a number and not too long", () => {
  for (const base of [0, 1, "5m", "3650d"] as const) {
    const retry = normaliseRetry({ base, jitter: false });
    for (const failures of [0, 1, 53, 1024, 1_000_000, Infinity]) {
      const ms = backoffMs(retry, failures);
      assert.ok(Number.isInteger(ms) && ms >= 0 && ms <= retry.max, `${base} ${failures}`);
    }
  }
});

test("the waits are spread evenly", () => {
  const retry = normaliseRetry({ base: 1000 });
  const waits = Array.from({ length: 4000 }, () => backoffMs(retry, 1));
  const mean = waits.reduce((sum, ms) => sum + ms, 0) / waits.length;
  // The mean of 4,000 is outside 40 ms around 500 only once in 10^17 runs.
  assert.ok(Math.abs(mean - 500) < 40, `${mean}`);
  assert.ok(waits.every((ms) => ms >= 0 && ms < 1000));
});

test("a fixed wait is exact, unless jitter is set", () => {
  assert.equal(backoffMs(normaliseRetry({ backoff: "fixed", base: "10m" }), 5), 600_000);
  const jittered = normaliseRetry({ backoff: "fixed", base: 100, jitter: true });
  assert.equal(backoffMs(jittered, 5, half), 50);
});

test("a function gets the number of failures and returns the wait, up to the longest", () => {
  const retry = normaliseRetry({ backoff: (attempt) => `${attempt}h` });
  assert.equal(backoffMs(retry, 2), 7_200_000);
  assert.equal(backoffMs({ ...retry, max: 60_000 }, 2), 60_000);
});

test("a function that fails is replaced by the default, and its cause is reported", () => {
  const bad: (() => unknown)[] = [
    () => NaN,
    () => -1,
    () => Infinity,
    () => "soon",
    () => "5000",
    () => undefined,
    () => Promise.resolve(5),
    () => {
      throw new Error("no idea");
    },
  ];
  for (const backoff of bad) {
    const causes: unknown[] = [];
    const retry = normaliseRetry({ backoff: backoff as () => number });
    assert.equal(backoffMs(retry, 3, half, (cause) => causes.push(cause)), 2000);
    assert.equal(backoffMs(retry, 1e6, half), 150_000);
    assert.equal(causes.length, 1);
    assert.ok(causes[0] instanceof Error);
  }
});

test("retry options are refused by name", () => {
  const refused: [unknown, ErrorConstructor, RegExp][] = [
    [0, RangeError, /"retry.attempts"/],
    [1.5, RangeError, /"retry.attempts"/],
    [Infinity, RangeError, /"retry.attempts"/],
    [1e9, RangeError, /"retry.attempts"/],
    [null, TypeError, /options of retry/],
    ["3", TypeError, /options of retry/],
    [{ attempts: "3" }, TypeError, /"retry.attempts"/],
    [{ attempts: null }, TypeError, /"retry.attempts"/],
    [{ attemps: 3 }, TypeError, /did you mean "attempts"/],
    [{ backoff: "linear" }, RangeError, /"exponential", "fixed"/],
    [{ base: "1 s" }, TypeError, /"retry.base"/],
    [{ base: -1 }, RangeError, /"retry.base"/],
    [{ base: "10s", max: "1s" }, RangeError, /"retry.max".* from 10000/],
    [{ jitter: 1 }, TypeError, /"retry.jitter"/],
    [{ on: true }, TypeError, /"retry.on"/],
  ];
  for (const [options, kind, message] of refused) {
    assert.throws(() => normaliseRetry(options as RetryOptions), (error: Error) => {
      assert.match(error.message, message);
      return error instanceof kind;
    });
  }
});
