/**
 * Schemas of any library, and messages that never repeat the payload.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import * as v from "valibot";
import {
  isStandardSchema,
  type SchemaInput,
  type SchemaOutput,
  type StandardResult,
  type StandardSchema,
  validate,
} from "../../../core/task/standard_schema.ts";

/** A schema that always returns `result`. */
function answering(result: unknown): StandardSchema {
  const answer = (): StandardResult<unknown> => {
    if (result instanceof Error) throw result;
    return result as StandardResult<unknown>;
  };
  return { "~standard": { version: 1, vendor: "test", validate: answer } };
}

/** The shown message when a library reports `message` about `value`. */
function shownFor(message: unknown, value: unknown): string {
  const validated = validate(answering({ issues: [{ message }] }), value);
  assert.ok(!(validated instanceof Promise) && validated.issues !== undefined);
  return validated.issues[0].message;
}

const unsaid = "it is not what the schema accepts";

test("a schema is an object or a function with the interface of version 1", () => {
  assert.ok(isStandardSchema(v.string()));
  assert.ok(isStandardSchema(answering({})));
  assert.ok(isStandardSchema(Object.assign(() => {}, answering({}))));
  for (const other of [null, undefined, 1, "~standard", {}, () => {}, { "~standard": null }]) {
    assert.equal(isStandardSchema(other), false);
  }
  assert.equal(isStandardSchema({ "~standard": { version: 2, validate: () => {} } }), false);
  assert.equal(isStandardSchema({ "~standard": { version: 1 } }), false);
});

test("types are inferred, and the value is that of the schema", () => {
  const schema = v.object({ count: v.pipe(v.string(), v.transform(Number)) });
  const input: SchemaInput<typeof schema> = { count: "3" };
  const validated = validate(schema, input);
  assert.ok(!(validated instanceof Promise));
  const output: SchemaOutput<typeof schema> | undefined = validated.value;
  assert.deepEqual(output, { count: 3 });
});

test("an asynchronous schema gives a promise, a synchronous one does not", async () => {
  const slow = v.pipeAsync(v.string(), v.checkAsync((text) => Promise.resolve(text !== "x")));
  const refused = validate(slow, "x");
  assert.ok(refused instanceof Promise);
  assert.ok((await refused).issues);
  assert.deepEqual(await validate(slow, "y"), { value: "y" });
});

test("issues of valibot show the place and the expected type, not the value", () => {
  const schema = v.object({
    email: v.pipe(v.string(), v.email()),
    items: v.array(v.object({ price: v.number(), size: v.picklist(["s", "m"]) })),
    note: v.pipe(v.string(), v.minLength(500)),
  });
  const payload = {
    email: "canary-1@",
    items: [{ price: "canary-2", size: "canary-3" }],
    note: "canary-4",
  };
  const validated = validate(schema, payload);
  assert.ok(!(validated instanceof Promise));
  assert.doesNotMatch(JSON.stringify(validated), /canary/);
  assert.deepEqual(validated.issues, [
    { message: "Invalid email", path: ["email"] },
    { message: "Invalid type: Expected number", path: ["items", 0, "price"] },
    { message: 'Invalid type: Expected ("s" | "m")', path: ["items", 0, "size"] },
    { message: "Invalid length: Expected >=500", path: ["note"] },
  ]);
});

test("a message that repeats the payload in any form is not shown", () => {
  const value = {
    card: "4242 4242 4242 4242",
    name: " Ada LOVELACE ",
    pin: 731,
    mark: "§§",
    ok: "b",
  };
  const telling = [
    "4242 4242 4242 4242 is no card",
    "no card ends in 4242",
    "no card ends in 42424242",
    "hello ada",
    "it begins with lovel",
    "prefixLOVELACEsuffix",
    "the pin 731 is wrong",
    "bad mark: §§",
    "Ｌｏｖｅｌａｃｅ is unknown",
    'Expected "x" but received "b"',
    "Invalid: Received 731",
    "b",
    "",
    42,
    undefined,
  ];
  for (const message of telling) {
    const shown = shownFor(message, value);
    assert.ok([unsaid, 'Expected "x"', "Invalid"].includes(shown), `${message} -> ${shown}`);
  }
});

test("messages of other libraries about types and bounds are shown", () => {
  const value = { a: 1, b: "Order 66 to be shipped" };
  const said: [string, string][] = [
    ["Invalid input: expected string, received number", "Invalid input: expected string"],
    [
      "Too small: expected string to have >=3 characters",
      "Too small: expected string to have >=3 characters",
    ],
    ["must be a string (was a number)", "must be a string"],
    ['must be an email address (was "Order 66")', "must be an email address"],
    ["Required", "Required"],
  ];
  for (const [message, shown] of said) assert.equal(shownFor(message, value), shown);
});

test("if a payload is too large or too complex to compare with, messages are not shown", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  const thrower = new Proxy({}, { ownKeys: () => assert.fail("trap") });
  for (const value of ["x".repeat(70_000), Array(20_000).fill(0), circular, new Map(), thrower]) {
    assert.equal(shownFor("Invalid type: Expected number", value), unsaid);
  }
});

test("messages, paths and issues are bounded and clean", () => {
  const long = validate(
    answering({
      issues: Array.from({ length: 1000 }, () => ({
        message: `\x1b[31m${"é".repeat(100_000)}`,
        path: [{ key: "a\x1b[2J" }, Symbol("s"), "k".repeat(100_000), ...Array(1000).fill(0)],
      })),
    }),
    1,
  );
  assert.ok(!(long instanceof Promise) && long.issues !== undefined);
  assert.equal(long.issues.length, 20);
  const [{ message, path }] = long.issues;
  assert.ok(message.length <= 200 && !message.includes("\x1b"));
  assert.deepEqual(path?.slice(0, 2), ['"a\\u001b[2J"', "(symbol)"]);
  assert.equal(path?.length, 64);
  assert.ok(String(path?.[2]).length < 100);
});

test("a schema that throws or answers nonsense accepts nothing and reveals nothing", async () => {
  const secret = new RangeError("canary");
  assert.deepEqual(validate(answering(secret), 1), {
    issues: [{ message: "the schema could not check it: RangeError" }],
  });
  assert.deepEqual(await validate(answering(Promise.reject(secret)), 1), {
    issues: [{ message: "the schema could not check it: RangeError" }],
  });
  for (
    const nonsense of [null, undefined, 1, { issues: null }, { issues: 5 }, { issues: [null] }]
  ) {
    assert.ok((await validate(answering(nonsense), 1)).issues, JSON.stringify(nonsense));
  }
  assert.deepEqual(await validate(answering({ issues: [] }), 1), {
    issues: [{ message: "the schema refused it and gave no reason" }],
  });
});
