/**
 * Hostile input for parsers and routes, and a bound for the time that one of them may take.
 * A run prints its seed; `RELIER_FUZZ_SEED` repeats it.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import type { TestContext } from "node:test";
import fc from "fast-check";
import { slownessNow } from "./machine_speed.ts";

/** The CPU time of one answer, in milliseconds, on a machine of the usual speed. */
const mostMs = 50;

/** Texts at which parsers branch, and those that other systems treat in a special way. */
const pieces = [
  ..." +%=&;,.:/\\~{}[]()*?#!@^$|<>\"'`-_0aZ\n\r\t\0",
  ...["%00", "%ff", "%zz", "..", "://", "<script>", "\u001b[31m", "\u202e", "\u2028", "\ud800"],
  ...["é", "😀", "__proto__", "constructor", "toString", "null", "undefined", "true", "[object "],
  ...["-1", "1e999", "NaN", "99999999999999999999", "0x10", "10m", "30s", "1.5h", "100/1s"],
  ...["payload", "payload.", "payload.a=1", "name=", "since=", "id=", "default", "default~0~"],
  ...["redis://", "https://", "rl ", "ready", "dead", "{}", "[]", '{"v":1,"name":"a"}', "Bearer "],
];

/** A text of few pieces, each repeated up to thousands of times. */
export const hostile: fc.Arbitrary<string> = fc.array(
  fc.tuple(
    fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...pieces) }, fc.string({ maxLength: 12 })),
    fc.constantFrom(1, 1, 2, 7, 300, 5000),
  ),
  { maxLength: 5 },
).map((parts) => parts.map(([piece, times]) => piece.repeat(times)).join("").slice(0, 15_000));

/**
 * Each piece many times, with an end that most patterns do not expect: the texts for which a
 * pattern tries every way to divide them. The short ones come first, because a pattern of cubic
 * time would take hours for a long one.
 */
export const pumped: readonly string[] = [
  ...pieces.flatMap((piece) => ["x", "\n=x"].map((end) => repeated(piece, 1000) + end)),
  ...pieces.map((piece) => `${repeated(piece, 15_000)}x`),
];

function repeated(piece: string, length: number): string {
  return piece.repeat(Math.ceil(length / piece.length)).slice(0, length);
}

/** Checks `property` with a new seed, which is printed. */
export async function holds(
  t: TestContext,
  property: fc.IRawProperty<any, boolean>,
  numRuns: number,
): Promise<void> {
  const seed = Number(process.env["RELIER_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  t.diagnostic(`RELIER_FUZZ_SEED=${seed}`);
  await fc.assert(property, { numRuns, seed, endOnFailure: true });
}

/**
 * Runs `work` and resolves to its result. If it takes more CPU time than an answer may, it is
 * measured four times more, and the least counts: collections and compilations count as well.
 */
export async function cheaply<T>(what: string, work: () => T | Promise<T>): Promise<T> {
  const [result, first] = await measured(work);
  if (first <= mostMs) return result;
  const times = [first];
  for (let i = 0; i < 4; i++) times.push((await measured(work))[1]);
  const least = Math.min(...times);
  assert.ok(least <= mostMs * slownessNow(), `${what} takes ${Math.round(least)} ms of CPU`);
  return result;
}

async function measured<T>(work: () => T | Promise<T>): Promise<[result: T, ms: number]> {
  const before = process.cpuUsage();
  const result = await work();
  const { user, system } = process.cpuUsage(before);
  return [result, (user + system) / 1000];
}
