/**
 * What is refused before anything reaches Redis: names, options and payloads
 * that are not what they should be. Each refusal says what is wrong, in a line
 * that is safe to print, and leaves Redis as it was.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import {
  createRelier,
  createWorker,
  idempotencyLock,
  idempotent,
  type PushOptions,
  RelierError,
  Retry,
  rlTask,
} from "../mod.ts";
import { overheard } from "./support/console.ts";
import { type Lab, withRelier } from "./support/relier.ts";

const take = rlTask("take", (_value: unknown): unknown => "taken");
const noop = (): void => {};

/** In every payload that is refused, and in nothing that is said about it. */
const canary = "canary-8d41";

// deno-fmt-ignore
const badNames = [
  "", " ", "a{b}c", "a\nb", "a\r\nFLUSHALL\r\n", "a\0b", "__proto__", "x".repeat(65), "-x", "--yes", "a~b",
  "\ud800", "a\u202eb", "x".repeat(1_000_000),
];
const noTexts: readonly unknown[] = [
  null,
  42,
  NaN,
  true,
  {},
  ["k", "EXTRA"],
  Symbol("k"),
  5n,
  noop,
];
const badKeys = ["", " ", "a\nb", "a\0b", "k".repeat(513), "\ud800", "a\u202eb"];

/** A test that must leave every key under its prefix, and the number of all keys, as they were. */
function harmless(body: (lab: Lab) => Promise<void>): () => Promise<void> {
  return withRelier(async (lab) => {
    await lab.rl.apush(take, "first");
    await lab.rl.apush(take.with({ delay: "1h" }) && take, "second");
    const before = [await lab.redis.dbsize(), await lab.dump()];
    await body(lab);
    assert.deepEqual([await lab.redis.dbsize(), await lab.dump()], before);
  });
}

/** Asserts that `run` is refused, with a message that names `what` and is safe to print. */
async function refuses(
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

/** Options that an object literal could not have. */
const odd = (options: object) => options as never;

test(
  "a name that could break a key, an id or a command line is refused wherever one is given",
  harmless(async ({ rl, url }) => {
    const places: Record<string, (name: never) => unknown> = {
      "task name": (name) => rlTask(name, noop),
      "queue": (queue) => rlTask("misplaced", { queue }, noop),
      "queue ": (queue) => take.with({ queue }),
      "queue  ": (queue) => take.apushMany([["x"]], { queue }),
      "queue   ": (name) => rl.queue(name),
      "queue    ": (name) => createWorker(rl, { queues: [name] }),
      "prefix": (prefix) => createRelier({ redis: url, prefix }),
    };
    for (const [what, place] of Object.entries(places)) {
      for (const name of badNames) {
        await refuses("RangeError", what.trim(), () => place(odd(Object(name).valueOf())));
      }
      for (const name of noTexts) {
        await refuses("TypeError", what.trim(), () => place(name as never));
      }
    }
    for (const name of badNames) {
      const weights = JSON.parse(`{${JSON.stringify(name)}:1}`);
      await refuses("RangeError", "queue", () => createWorker(rl, { queues: weights }));
      await refuses("RangeError", "queue", () => createRelier({ admission: weights }));
    }
  }),
);
