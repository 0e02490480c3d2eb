/**
 * Payloads and results: the stored text, the refused values, and messages that never
 * repeat a value.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  PayloadValidationError,
  RelierError,
  type RelierErrorCode,
} from "../../../core/base/errors.ts";
import {
  canonical,
  decodeJson,
  decodeResult,
  encodePayload,
  encodeResult,
} from "../../../core/base/json.ts";
import { maxPayloadBytes, maxResultBytes } from "../../../core/defaults.ts";
import { scaled } from "../../support/machine_speed.ts";

/** A text in every refused value, and in no error. */
const canary = "canary-5f1c";

/** Asserts that `value` is refused as a payload and as a result, at `path`, with `message`. */
function assertRefused(value: unknown, path: string, message: RegExp): void {
  assert.throws(() => encodePayload([value], "mail"), (error: unknown) => {
    assert.ok(error instanceof PayloadValidationError);
    assert.equal(error.code, "RL_VALIDATION");
    assert.equal(["0", path].filter(Boolean).join("."), error.issues[0]?.path?.join("."));
    assert.match(error.issues[0]!.message, message);
    assertSilent(error);
    return true;
  });
  if (value === undefined) return;
  assert.throws(() => encodeResult(value, "mail"), (error: unknown) => {
    assert.ok(RelierError.is(error, "RL_VALIDATION"));
    assert.ok(error.message.startsWith('Cannot store the result of "mail"'));
    assert.match(error.message, message);
    assertSilent(error);
    return true;
  });
}

function assertSilent(error: Error): void {
  const texts = [error.message, String(error.stack), JSON.stringify(error), String(error.cause)];
  assert.doesNotMatch(texts.join(), new RegExp(canary));
}

function throwsCode(code: RelierErrorCode, run: () => unknown): void {
  assert.throws(run, (error: unknown) => {
    assertSilent(error as Error);
    return RelierError.is(error, code);
  });
}

/** Nests `depth` arrays inside one another. */
function nested(depth: number): unknown {
  let value: unknown = [];
  for (let i = 1; i < depth; i++) value = [value];
  return value;
}

test("values that JSON can hold are written as JSON.stringify writes them", () => {
  const values: unknown[] = [
    null,
    true,
    "",
    'quotes " and \\ and \n\u0000\u2028 é 😀 </script>',
    [0, -0, 1.5, 1e21, 1e-7, Number.MAX_SAFE_INTEGER, Number.MIN_VALUE],
    { a: [], b: {}, c: [[{ d: null }]], "": 1, "1": 2, "é\0😀": 3 },
    { constructor: { prototype: { p: 1 } }, hasOwnProperty: 1, toString: "x" },
    { dropped: undefined, kept: null },
    Object.assign(Object.create(null), { bare: 1 }),
    Object.fromEntries(Array.from({ length: 65_536 }, (_, i) => [`k${i}`, i])),
    "12345678901234567890",
  ];
  for (const value of values) {
    const { text, bytes } = encodePayload([value], "mail");
    assert.equal(text, JSON.stringify([value]));
    assert.equal(bytes, new TextEncoder().encode(text).length);
    assert.deepEqual(encodeResult(value, "mail", maxPayloadBytes).text, JSON.stringify(value));
    assert.deepEqual(decodeJson(text), JSON.parse(text));
  }
});

test("optional arguments at the end may be undefined, others may not", () => {
  assert.equal(encodePayload([], "mail").text, "[]");
  assert.equal(encodePayload([undefined], "mail").text, "[]");
  assert.equal(encodePayload([1, undefined, undefined], "mail").text, "[1]");
  assert.equal(encodePayload([null, undefined], "mail").text, "[null]");
  assert.throws(() => encodePayload([1, undefined, 2], "mail"), {
    code: "RL_VALIDATION",
    message:
      'Cannot accept the payload of "mail" at 1: undefined is not JSON: leave it out or use null',
  });
  throwsCode("RL_VALIDATION", () => encodePayload(undefined, "mail"));
  throwsCode("RL_VALIDATION", () => encodePayload([[1, undefined]], "mail"));
  throwsCode("RL_VALIDATION", () => encodeResult([1, undefined], "mail"));
});

test("a payload that would come back changed is refused, with the place", () => {
  class Order {
    id = canary;
  }
  class List extends Array {}
  const refused: [unknown, RegExp][] = [
    [() => canary, /function/],
    [class {}, /function/],
    [Symbol(canary), /symbol/],
    [5n, /BigInt/],
    [NaN, /NaN/],
    [-Infinity, /Infinity/],
    [new Date(NaN), /toISOString/],
    [new Map([[canary, 1]]), /Map/],
    [new Set([canary]), /Set/],
    [new WeakMap(), /instance/],
    [new Uint8Array(3), /base64/],
    [new ArrayBuffer(3), /instance/],
    [Promise.resolve(canary), /await/],
    [new Order(), /instance/],
    [List.from([canary]), /instance/],
    [new Error(canary), /instance/],
    [/canary/, /instance/],
    [Object(canary), /instance/],
    [Object(1), /instance/],
    [new URL(`http://${canary}`), /instance/],
    [Object.create({ inherited: canary }), /instance/],
    [{ [Symbol("key")]: canary }, /symbol as a key/],
    [`${canary}\ud800`, /lone surrogate/],
    [`\ude00\ud83d${canary}`, /lone surrogate/],
    [new Array(1), /undefined/],
  ];
  for (const [value, message] of refused) {
    const hole = Array.isArray(value) && !(value instanceof List);
    assertRefused(value, hole ? "0" : "", message);
    assertRefused(
      { items: [1, { price: value }] },
      hole ? "items.1.price.0" : "items.1.price",
      message,
    );
  }
  assertRefused({ ["k\ud800"]: 1 }, '"k\\ud800"', /lone surrogate/);
});

test("toJSON is never called: a function is refused, an inherited one means a class", () => {
  const called = (): never => assert.fail(canary);
  assertRefused({ toJSON: called }, "toJSON", /function/);
  assertRefused(Object.create({ toJSON: called }), "", /instance/);
  const own = Object.defineProperty({ a: 1 }, "toJSON", { value: called, enumerable: false });
  assert.equal(encodePayload([own], "mail").text, '[{"a":1}]');
});

test("a value that contains itself or is too deep is refused, whatever its shape", () => {
  const circular: Record<string, unknown> = { canary };
  circular["a"] = { b: [circular] };
  assertRefused(circular, "a.b.0", /contains itself/);
  const args: unknown[] = [canary];
  args.push(args);
  throwsCode("RL_VALIDATION", () => encodePayload(args, "mail"));
  assert.equal(encodePayload(nested(64), "mail").text, JSON.stringify(nested(64)));
  throwsCode("RL_VALIDATION", () => encodePayload(nested(65), "mail"));
  throwsCode("RL_VALIDATION", () => encodePayload(nested(100_000), "mail"));
  const endless: ProxyHandler<object> = {
    ownKeys: () => ["a"],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
    get: () => new Proxy({}, endless),
  };
  throwsCode("RL_VALIDATION", () => encodePayload([new Proxy({}, endless)], "mail"));
});

test("the same object twice is no circle, and a small one that expands is still bounded", () => {
  const shared = { a: 1 };
  assert.equal(encodePayload([shared, shared], "mail").text, '[{"a":1},{"a":1}]');
  let laughs: unknown = 1;
  for (let i = 0; i < 50; i++) laughs = [laughs, laughs];
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload(laughs, "mail"));
});

test("getters and proxies that throw are refused without the thrown value", () => {
  const fail = (): never => {
    throw new Error(canary);
  };
  const getter = {
    a: {
      get b(): never {
        return fail();
      },
    },
  };
  assertRefused(getter, "a.b", /reading it throws/);
  for (const trap of ["get", "ownKeys", "getPrototypeOf", "getOwnPropertyDescriptor"]) {
    assertRefused(new Proxy({ a: 1 }, { [trap]: fail }), trap === "get" ? "a" : "", /throws/);
  }
  const revoked = Proxy.revocable({}, {});
  revoked.revoke();
  assertRefused(revoked.proxy, "", /throws/);
  throwsCode("RL_VALIDATION", () => encodePayload(new Proxy([1], { get: fail }), "mail"));
});

test("each property is read once", () => {
  let reads = 0;
  const counting = {
    get n(): number {
      return ++reads;
    },
  };
  assert.equal(encodePayload([counting], "mail").text, '[{"n":1}]');
  const seen: PropertyKey[] = [];
  const args = new Proxy([1, "a"], {
    get(target, key, receiver) {
      seen.push(key);
      return Reflect.get(target, key, receiver);
    },
  });
  assert.equal(encodePayload(args, "mail").text, '[1,"a"]');
  assert.deepEqual(seen, ["length", "0", "1"]);
});

test("__proto__ is a key like any other, on both sides", () => {
  const hostile = JSON.parse('{"__proto__":{"polluted":1},"a":2}');
  const { text } = encodePayload([hostile], "mail");
  assert.equal(text, '[{"__proto__":{"polluted":1},"a":2}]');
  const [back] = decodeJson(text) as [Record<string, unknown>];
  assert.equal(back["polluted"], undefined);
  assert.equal(({} as Record<string, unknown>)["polluted"], undefined);
  assert.deepEqual(Object.keys(back), ["__proto__", "a"]);
});

test("a payload may be as large as the limit and no larger, counted in bytes", () => {
  const fits = "x".repeat(maxPayloadBytes - 4);
  assert.equal(encodePayload([fits], "mail").bytes, maxPayloadBytes);
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload([`${fits}x`], "mail"));
  assert.equal(encodePayload(["é"], "mail", 6).bytes, 6);
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload(["éé"], "mail", 6));
  throwsCode(
    "RL_PAYLOAD_TOO_LARGE",
    () => encodePayload([{ [canary.repeat(100)]: 1 }], "mail", 99),
  );
  assert.equal(encodeResult("x".repeat(maxResultBytes - 2), "mail").bytes, maxResultBytes);
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodeResult("x".repeat(maxResultBytes), "mail"));
  for (const max of [1, 2, 3, 4]) {
    const fit = max >= 3;
    if (fit) assert.equal(encodePayload([1], "mail", max).bytes, 3);
    else throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload([1], "mail", max));
  }
});

test("a refusal counts the arguments of a task from 1, and names the place inside", () => {
  const refusalOf = (args: unknown[]) => () => encodePayload(args, "mail", maxPayloadBytes, true);
  assert.throws(refusalOf([new Date()]), {
    message: 'Cannot accept the payload of "mail" in argument 1: a Date is not JSON: use its ' +
      "toISOString()",
  });
  assert.throws(refusalOf(["a", { n: [5n] }]), {
    message:
      'Cannot accept the payload of "mail" in argument 2 at n.0: a BigInt is not JSON: use ' +
      "a string",
  });
});

test("an enormous value is refused before it is walked", () => {
  const started = performance.now();
  const string = "\0".repeat(2 ** 28);
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload([string], "mail"));
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload([[string]], "mail"));
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload(new Array(4_000_000_000), "mail"));
  throwsCode("RL_PAYLOAD_TOO_LARGE", () => encodePayload([new Array(4_000_000_000)], "mail"));
  assert.ok(performance.now() - started < scaled(2000));
});

test("an undefined result stays undefined", () => {
  assert.deepEqual(encodeResult(undefined, "mail"), { text: "", bytes: 0 });
  assert.equal(decodeResult(""), undefined);
  for (const value of [null, "", 0, false, [], {}]) {
    assert.deepEqual(decodeResult(encodeResult(value, "mail").text), value);
  }
});

test("text that is no JSON is corrupt, and is not repeated", () => {
  for (const text of ["", "{", `{"a":"${canary}`, canary, "[1,]", "undefined", "NaN", "\ufeff{}"]) {
    throwsCode("RL_CORRUPT", () => decodeJson(text));
  }
  assert.deepEqual(decodeJson('{"a":1,"a":2}'), { a: 2 }, "the last of two equal keys");
});

test("no depth of text overflows the stack", () => {
  const wrapped = `{"payload":${encodePayload(nested(64), "mail").text}}`;
  assert.deepEqual(decodeJson(wrapped), { payload: nested(64) });
  for (const open of ["[", '{"a":', '[{"a":']) {
    throwsCode("RL_CORRUPT", () => decodeJson(open.repeat(100_000)));
    throwsCode("RL_CORRUPT", () => decodeJson(open.repeat(73)));
  }
  throwsCode("RL_CORRUPT", () => decodeJson("[".repeat(100_000) + "]".repeat(100_000)));
  throwsCode("RL_CORRUPT", () => decodeJson("]".repeat(100_000) + "[".repeat(100_000)));
  assert.deepEqual(decodeJson("[[]]", 2), [[]]);
  throwsCode("RL_CORRUPT", () => decodeJson("[[]]", 1));
});

test("brackets inside strings add no depth", () => {
  const text = JSON.stringify(['\\"[[[['.repeat(1000), "\\", "[".repeat(100), '"[']);
  assert.deepEqual(decodeJson(text), JSON.parse(text));
  const wide = JSON.stringify(Array(1000).fill([[]]));
  assert.deepEqual(decodeJson(wide), JSON.parse(wide));
});

test("canonical() writes equal values as equal texts", () => {
  assert.equal(
    canonical({ b: [2, { d: 1, c: -0 }], a: 1e21, "10": 0, "9": 0 }),
    '{"10":0,"9":0,"a":1e+21,"b":[2,{"c":0,"d":1}]}',
  );
  assert.equal(canonical({ x: 1, y: undefined }), canonical({ x: 1 }));
  // The order is by UTF-16 code units: an emoji starts with a surrogate, which is less than U+FB33.
  assert.equal(canonical({ "\ufb33": 1, "😀": 2, "é": 3 }), '{"é":3,"😀":2,"\ufb33":1}');
  assert.notEqual(canonical(["1"]), canonical([1]));
  assert.notEqual(canonical({ a: null }), canonical({}));
  assert.equal(canonical("text"), '"text"');
  assert.throws(() => canonical({ a: [NaN] }), {
    name: "TypeError",
    message: "Cannot write canonical JSON at a.0: NaN and Infinity are not JSON",
  });
  assert.throws(() => canonical(undefined), TypeError);
});
