/**
 * Local ids: their form, the randomness of random ones, and the stability of derived
 * ones.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { derivedLocal, randomLocal } from "../../../core/protocol/task_id.ts";

const form = /^[A-Za-z0-9_-]{21}[AQgw]$/;

test("random ids have 22 characters and never repeat", () => {
  const ids = new Set<string>();
  for (let i = 0; i < 20_000; i++) {
    const id = randomLocal();
    assert.match(id, form);
    ids.add(id);
  }
  assert.equal(ids.size, 20_000);
});

test("every character of a random id takes every value it can", () => {
  const seen = Array.from({ length: 22 }, () => new Set<string>());
  for (let i = 0; i < 5000; i++) {
    [...randomLocal()].forEach((character, at) => seen[at]!.add(character));
  }
  assert.deepEqual(seen.map((set) => set.size), [...Array(21).fill(64), 4]);
});

test("a derived id is the first 128 bits of SHA-256 over lengths and parts", () => {
  const digest = createHash("sha256").update("12:send-receipt5:o-1 é").digest().subarray(0, 16);
  assert.equal(derivedLocal("send-receipt", "o-1 é"), digest.toString("base64url"));
  assert.match(derivedLocal(), form);
});

test("derived ids differ wherever the parts differ", () => {
  const ids = [
    derivedLocal("ab", "c"),
    derivedLocal("a", "bc"),
    derivedLocal("abc"),
    derivedLocal("abc", ""),
    derivedLocal("", "abc"),
    derivedLocal("ab1:c"),
    derivedLocal("ABC"),
    derivedLocal("e\u0301"),
    derivedLocal("\u00e9"),
  ];
  assert.equal(new Set(ids).size, ids.length);
});

test("a part with a lone surrogate is refused: it would share its id with others", () => {
  assert.throws(() => derivedLocal("task", "\ud800"), RangeError);
  assert.throws(() => derivedLocal("\ud83d", "\ude00"), RangeError);
  assert.match(derivedLocal("task", "\u{1f600}"), form);
});
