/**
 * Assertions that a call is refused: with the right class of error, with a message that
 * is safe to print, and without a trace in Redis.
 *
 * @module
 */

import assert from "node:assert/strict";
import { rlTask, type Task } from "../../mod.ts";
import { type Lab, withRelier } from "./relier.ts";

/** A task that accepts any value. */
export const take: Task<"take", [value: unknown], unknown> = rlTask(
  "take",
  (_value: unknown): unknown => "taken",
);

/** A value outside the declared type of its parameter. */
export function odd(value: unknown): never {
  return value as never;
}

/** A test body that must leave all keys under its prefix, and the number of all keys, unchanged. */
export function harmless(body: (lab: Lab) => Promise<void>): () => Promise<void> {
  return withRelier(async (lab) => {
    await lab.rl.apush(take, "first");
    await take.with({ delay: "1h" }).apush("second");
    const before = [await lab.size(), await lab.dump()];
    await body(lab);
    assert.deepEqual([await lab.size(), await lab.dump()], before);
  });
}

/** Asserts that `run` is refused, with a message that names `what` and is safe to print. */
export async function refuses(
  kind: "TypeError" | "RangeError",
  what: string,
  run: () => unknown,
): Promise<void> {
  await assert.rejects(async () => void await run(), (error: Error) => {
    assert.equal(error.name, kind, error.stack!);
    assert.ok(error.message.includes(what), `${JSON.stringify(what)} is not in: ${error.message}`);
    assertPrintable(error.message);
    return true;
  });
}

function assertPrintable(message: string): void {
  assert.ok(message.length < 450, `${message.length} characters: ${message}`);
  assert.doesNotMatch(message, /[\p{Cc}\p{Cf}\p{Cs}]/u);
}
