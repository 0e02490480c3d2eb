/**
 * Converts any thrown value to a bounded, clean description.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type SerializedError, serializeError } from "../../../core/base/serialized_error.ts";

function assertKept({ name, message, stack }: SerializedError): void {
  assert.ok(name.length > 0 && name.length <= 100, `name of ${name.length}`);
  assert.ok(message.length <= 2000, `message of ${message.length}`);
  assert.ok(stack.length <= 8000, `stack of ${stack.length}`);
  for (const text of [name, message, stack]) {
    assert.doesNotMatch(text, /(?![\n\t])\p{Cc}|\p{Cs}/u);
  }
}

test("an error is described by name, message and stack", () => {
  const failure = serializeError(new TypeError("the card was declined"));
  assertKept(failure);
  assert.equal(failure.name, "TypeError");
  assert.equal(failure.message, "the card was declined");
  assert.match(failure.stack, /^TypeError: the card was declined\n[^]*serialized_error\.test/);
  assert.equal(failure.stack.split("the card was declined").length, 2, "described once");
});

test("a thrown value that is no error is described too", () => {
  const thrown: [unknown, string][] = [
    [null, "null was thrown"],
    [undefined, "undefined was thrown"],
    ["card declined", "card declined"],
    ["", ""],
    [42, "42 was thrown"],
    [7n, "a bigint was thrown"],
    [Symbol("x"), "a symbol was thrown"],
    [() => 1, "a function was thrown"],
    [{}, "an object was thrown"],
    [[1], "an array was thrown"],
    [Object.create(null), "an object was thrown"],
    [{ message: "like an error" }, "like an error"],
    [{ message: 42, name: {}, stack: [] }, "an object was thrown"],
  ];
  for (const [value, message] of thrown) {
    assert.deepEqual(serializeError(value), { name: "Error", message, stack: "" });
  }
});

test("getters and proxies that throw do not make the description throw", () => {
  const fail = (): never => {
    throw new Error("trap");
  };
  const error = new Error("fine");
  for (const key of ["stack", "name", "message", "cause", "errors"]) {
    Object.defineProperty(error, key, { get: fail });
  }
  assertKept(serializeError(error));
  assertKept(serializeError(new Proxy({}, { get: fail, getPrototypeOf: fail, has: fail })));
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  assertKept(serializeError(revoked.proxy));
  const partly = Object.defineProperty(new Error("kept"), "stack", { get: fail });
  assert.deepEqual(serializeError(partly), { name: "Error", message: "kept", stack: "" });
});

test("causes follow in the stack, also when they form a circle", () => {
  const inner: Error = new RangeError("no funds");
  const outer = new Error("payment failed", { cause: inner });
  inner.cause = outer;
  const { stack } = serializeError(outer);
  assert.match(stack, /^Error: payment failed\n[^]*\ncaused by RangeError: no funds\n/);
  assert.equal(stack.split("caused by").length, 2);
  inner.cause = inner;
  assert.equal(serializeError(outer).stack.split("caused by").length, 2);
  assert.match(
    serializeError(new Error("a", { cause: "just text" })).stack,
    /caused by Error: just text$/,
  );
});

test("a chain of causes and an aggregate are described up to five", () => {
  let chain = new Error("0");
  for (let i = 1; i < 1000; i++) chain = new Error(`${i}`, { cause: chain });
  assertKept(serializeError(chain));
  const errors = Array.from({ length: 1000 }, (_, i) => new Error(`part ${i}`));
  const failure = serializeError(new AggregateError(errors, "all failed"));
  assertKept(failure);
  assert.equal(failure.message, "all failed");
  assert.equal(failure.stack.match(/\n {2}- Error: part \d/g)?.length, 5);
});

test("ten megabytes of message are cut, and the frames are kept", () => {
  const failure = serializeError(new Error("é".repeat(10_000_000)));
  assertKept(failure);
  assert.ok(failure.message.endsWith("é…"));
  assert.equal(failure.message.length, 2000);
  assert.match(failure.stack, /serialized_error\.test/);
  assert.match(
    serializeError(new Error("\n    at once".repeat(100_000))).stack,
    /serialized_error\.test/,
  );
  const huge = Object.assign(new Error("x"), { name: "N".repeat(1e6), stack: "s".repeat(1e7) });
  assertKept(serializeError(huge));
});

test("control characters, escape sequences and lone surrogates do not get through", () => {
  const hostile =
    "a\x1b[31mred\x1b[0m\x1b]8;;http://x\x07link\x1b]8;;\x1b\\ \x9b2J\r\nb\tc\0\x7f\ud800\u202e";
  const failure = serializeError(Object.assign(new Error(hostile), { name: `\x1b[2J${hostile}` }));
  assertKept(failure);
  assert.equal(failure.message, "aredlink \nb\tc\ufffd");
  assert.equal(serializeError(`${"x".repeat(1998)}😀😀`).message, `${"x".repeat(1998)}…`);
});
