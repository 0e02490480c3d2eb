/**
 * Durations: the accepted forms, and the message of each refusal.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type Duration, maxDuration, toMs } from "../../../core/base/duration.ts";

test("a duration is milliseconds, or a number with its unit", () => {
  const read: [Duration, number][] = [
    [0, 0],
    [1500, 1500],
    ["250ms", 250],
    ["30s", 30_000],
    ["1.5s", 1500],
    ["5m", 300_000],
    ["2h", 7_200_000],
    ["3650d", maxDuration],
    [1.4, 1],
    ["0.0004s", 0],
  ];
  for (const [value, ms] of read) assert.equal(toMs("delay", value), ms, String(value));
});

test("zero is never negative", () => {
  for (const value of [-0, "-0s", -0.2]) assert.ok(Object.is(toMs("delay", value), 0));
});

test("an invalid duration is a TypeError that names the allowed forms", () => {
  assert.throws(() => toMs("delay", "5 sec"), {
    name: "TypeError",
    message: 'Cannot use option "delay": it must be milliseconds from 0 to 315360000000 ' +
      'or a string such as "30s": current value is "5 sec"',
  });
  const wrong = ["", " ", "s", "1 s", "1S", "1e3s", "0x10s", "+1s", ".5s", "1.s", "1w", "30s\n"];
  for (const value of [...wrong, null, undefined, true, {}, [], ["1s"], 5n, Symbol("s"), () => 1]) {
    assert.throws(() => toMs("delay", value), TypeError);
  }
});

test("digits without a unit are refused with a hint, not read as either", () => {
  assert.throws(() => toMs("delay", "5000"), {
    name: "TypeError",
    message: /current value is "5000", which has no unit: write 5000 or "5000ms"$/,
  });
});

test("a duration outside the limits is a RangeError", () => {
  for (
    const value of [-1, NaN, Infinity, -Infinity, 1e15, "-5s", "99999d", `${"9".repeat(400)}s`]
  ) {
    assert.throws(() => toMs("delay", value), RangeError);
  }
  assert.equal(toMs("lease", "1s", { min: 1000, max: 1000 }), 1000);
  assert.throws(() => toMs("lease", 999, { min: 1000 }), {
    name: "RangeError",
    message: /from 1000 to .* current value is 999$/,
  });
  assert.throws(() => toMs("lease", 1001, { max: 1000 }), RangeError);
  assert.throws(() => toMs("lease", 0.4, { min: 1 }), RangeError);
});
