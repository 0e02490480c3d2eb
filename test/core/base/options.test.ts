/**
 * Option checks: every refusal has its class, and names the option, its value and the
 * allowed values.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  booleanOption,
  dateOption,
  functionOption,
  integerOption,
  keyOption,
  knownOptions,
  nameOption,
  oneOf,
} from "../../../core/base/options.ts";

/** Values of every kind except strings and numbers. */
const others = [null, undefined, true, {}, [], ["k", "extra"], 5n, Symbol("k"), () => "k"];

test("an integer is taken within its limits and never coerced", () => {
  const limits = { min: 0, max: 100 };
  assert.equal(integerOption("priority", 0, limits), 0);
  assert.equal(integerOption("priority", 100, limits), 100);
  assert.throws(() => integerOption("priority", "1", limits), {
    name: "TypeError",
    message:
      'Cannot use option "priority": it must be an integer from 0 to 100: current value is "1"',
  });
  for (const value of others) assert.throws(() => integerOption("n", value, limits), TypeError);
  for (const value of [-1, 101, 0.5, NaN, Infinity, 2 ** 53]) {
    assert.throws(() => integerOption("priority", value, limits), RangeError);
  }
});

test("plain words are valid names, those of Object.prototype too", () => {
  for (const name of ["a", "send-mail", "Mail_2.high", "constructor", "toString", "x".repeat(64)]) {
    assert.equal(nameOption("task name", name), name);
  }
});

// deno-fmt-ignore
const badNames = [
  "", " ", "x".repeat(65), "x".repeat(10_000_000), "__proto__", "a{b}c", "*", "?", "[a-z]", "\\",
  "a\r\nFLUSHALL\r\n", "mail\n", "a\0b", "\ud800", "a\u202eb", "../../etc/passwd", "--yes", "'",
  '"', "]]", "%s%n", "${7*7}", "{{7*7}}", "a~b", "ä", "<script>",
];

test("names that could break a key, an id or a command line are refused", () => {
  for (const name of badNames) {
    assert.throws(() => nameOption("queue", name), (error: Error) => {
      assert.equal(error.name, "RangeError");
      assert.ok(error.message.length < 300, "bounded");
      // deno-lint-ignore no-control-regex -- none may be in the message
      assert.doesNotMatch(error.message, /[\u0000-\u001f\u007f-\u009f\u202e\ud800]/);
      return true;
    });
  }
  for (const value of [...others, 42, NaN]) {
    assert.throws(() => nameOption("queue", value), TypeError);
  }
  assert.throws(() => nameOption("queue", "a b"), {
    message: 'Cannot use queue "a b": it must be 1 to 64 letters, digits, ".", "_" or "-" ' +
      "and begin with a letter or digit",
  });
});

test("an idempotency key is any readable text of at most 512 characters", () => {
  for (
    const key of ["o-1", "a b/c", "__proto__", "ключ", "👩‍💻", "%s%n", "'\"]]--", "k".repeat(512)]
  ) {
    assert.equal(keyOption("idempotencyKey", key), key);
  }
  for (const key of ["", " ", "k".repeat(513), "a\0b", "a\nb", "\u0085", "\ud800", "a\u202eb"]) {
    assert.throws(() => keyOption("idempotencyKey", key), RangeError, JSON.stringify(key));
  }
  for (const value of [...others, 42]) {
    assert.throws(() => keyOption("idempotencyKey", value), TypeError);
  }
});

test("one of several values is taken, and the others are listed", () => {
  const allowed = ["throw", "wait"] as const;
  assert.equal(oneOf("onFull", "wait", allowed), "wait");
  assert.throws(() => oneOf("onFull", "block", allowed), {
    name: "RangeError",
    message:
      'Cannot use option "onFull": it must be one of "throw", "wait": current value is "block"',
  });
  for (const value of [...others, 1]) {
    assert.throws(() => oneOf("onFull", value, allowed), TypeError);
  }
});

test("functions, booleans and dates are taken as such only", () => {
  const handler = (): number => 1;
  assert.equal(functionOption("onDead", handler), handler);
  assert.equal(booleanOption("jitter", false), false);
  assert.equal(dateOption("at", new Date(5)), 5);
  for (const value of ["x", 1, null, undefined, {}]) {
    assert.throws(() => functionOption("onDead", value), TypeError);
    assert.throws(() => booleanOption("jitter", value), TypeError);
    assert.throws(() => dateOption("at", value), TypeError);
  }
  assert.throws(() => dateOption("at", new Date(NaN)), {
    name: "RangeError",
    message: /valid Date/,
  });
});

test("an unknown option is refused with the probable name", () => {
  const known = ["attempts", "maxAttempts", "on", "queue"];
  knownOptions("rlTask()", { queue: "mail", on: undefined }, known);
  knownOptions("rlTask()", Object.create({ inherited: 1 }), known);
  assert.throws(() => knownOptions("rlTask()", { maxAttemps: 3 }, known), {
    name: "TypeError",
    message: 'Cannot use option "maxAttemps" of rlTask(): there is no such option: ' +
      'did you mean "maxAttempts"?',
  });
  assert.throws(() => knownOptions("rlTask()", { QUEUE: 1 }, known), /did you mean "queue"/);
  assert.throws(() => knownOptions("rlTask()", { maxattempt: undefined }, known), TypeError);
  const stems = () => knownOptions("rlTask()", { retries: 3 }, ["queue", "retry"]);
  assert.throws(stems, /no such option: did you mean "retry"\?$/);
  for (const key of ["xy", "retries", "constructor", "__proto__", "\x1b[2J", "q".repeat(100_000)]) {
    assert.throws(
      () => knownOptions("rlTask()", JSON.parse(`{${JSON.stringify(key)}:1}`), known),
      (error: Error) => {
        assert.match(error.message, /allowed are "attempts", "maxAttempts", "on", "queue"$/);
        assert.ok(error.message.length < 300 && !error.message.includes("\x1b"));
        return error instanceof TypeError;
      },
    );
  }
});

test("options that are no object are refused", () => {
  for (const value of [null, undefined, 1, "x", true, [], () => {}, Symbol("x"), 1n]) {
    assert.throws(() => knownOptions("rlTask()", value, ["queue"]), TypeError);
  }
});
