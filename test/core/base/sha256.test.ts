/**
 * SHA-256 against the standard's own examples and the host's implementation.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash, randomBytes } from "node:crypto";
import { test } from "node:test";
import { sha256 } from "../../../core/base/sha256.ts";

function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

function expected(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}

// The examples NIST publishes for FIPS 180-4, and the empty message.
const examples: readonly (readonly [string, string])[] = [
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
];

test("sha256() agrees with the examples of the standard", () => {
  for (const [text, digest] of examples) {
    assert.equal(hex(sha256(new TextEncoder().encode(text))), digest);
  }
});

test("sha256() agrees with the host at every length around the blocks", () => {
  for (let length = 0; length <= 300; length++) {
    const bytes = new Uint8Array(randomBytes(length));
    assert.equal(hex(sha256(bytes)), expected(bytes), `${length} bytes`);
  }
});

test("sha256() agrees with the host on a megabyte, and on a view into one", () => {
  const bytes = new Uint8Array(randomBytes(1_048_576));
  assert.equal(hex(sha256(bytes)), expected(bytes));
  const view = bytes.subarray(13, 70_001);
  assert.equal(hex(sha256(view)), expected(view));
});

test("sha256() does not change its input", () => {
  const bytes = new Uint8Array(200).fill(7);
  sha256(bytes);
  assert.deepEqual(bytes, new Uint8Array(200).fill(7));
});
