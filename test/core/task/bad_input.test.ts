/**
 * Invalid names, keys and ids are refused before anything reaches Redis, with a message
 * that is safe to print.
 *
 * @module
 */

import { test } from "node:test";
import { createRelier, createWorker, idempotencyLock, idempotent, rlTask } from "../../../mod.ts";
import { harmless, odd, refuses, take } from "../../support/refusals.ts";

const noop = (): void => {};

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

test(
  "a name that could break a key, an id or a command line is refused everywhere",
  harmless(async ({ rl, url }) => {
    const places: [string, (name: never) => unknown][] = [
      ["task name", (name) => rlTask(name, noop)],
      ["queue", (queue) => rlTask("misplaced", { queue }, noop)],
      ["queue", (queue) => take.with({ queue })],
      ["queue", (queue) => take.apushMany([["x"]], { queue })],
      ["queue", (name) => rl.queue(name)],
      ["queue", (name) => createWorker(rl, { queues: [name] })],
      ["queue", (name) => createWorker(rl, { queues: odd({ [name]: 1 }) })],
      ["queue", (name) => createRelier({ admission: odd({ [name]: { maxDepth: 1 } }) })],
      ["prefix", (prefix) => createRelier({ redis: url, prefix })],
    ];
    for (const [what, place] of places) {
      for (const name of badNames) await refuses("RangeError", what, () => place(odd(name)));
    }
    for (const [what, place] of places.filter((_, i) => i !== 6 && i !== 7)) {
      for (const name of noTexts) await refuses("TypeError", what, () => place(name as never));
    }
  }),
);

test(
  "an unreadable idempotency key is refused",
  harmless(async ({ rl }) => {
    const made = rlTask("made-key", { idempotent: (key: unknown) => key as string }, (_key) => {});
    const places: [string, (key: never) => unknown][] = [
      ["idempotencyKey", (idempotencyKey) => take.with({ idempotencyKey })],
      ["key", (key) => idempotencyLock(rl, { key })],
      ["key", (key) => idempotent(rl, key, noop)],
    ];
    for (const [what, place] of places) {
      for (const key of badKeys) await refuses("RangeError", what, () => place(odd(key)));
      for (const key of noTexts) await refuses("TypeError", what, () => place(key as never));
    }
    for (const key of badKeys.filter((each) => each !== "\ud800")) {
      await refuses("RangeError", "idempotent", () => made.apush(key));
    }
    for (const key of [null, 42, {}, ["k"]]) {
      await refuses("TypeError", "idempotent", () => made.push(key));
    }
  }),
);

test(
  "an invalid id, duration or state is refused by handles and queues",
  harmless(async ({ rl, queue }) => {
    const id = "default~0~" + "x".repeat(22);
    const none = [
      "",
      "nonsense",
      id + "x",
      id + "\n",
      id.slice(1, -1) + "~",
      "a{b}~0~" + "x".repeat(22),
      "-" + id,
      "__proto__",
      "default~-1~" + "x".repeat(22),
      "x".repeat(1_000_000),
      null,
      undefined,
      42,
      [id],
      Symbol("k"),
    ]; // deno-fmt-ignore-line
    for (const each of none) {
      await refuses("RangeError", "id", () => rl.handle(each as never));
      await refuses("RangeError", "id", () => queue.inspect(each as never));
      await refuses("RangeError", "id", () => queue.release([each as never]));
      await refuses("RangeError", "id", () => queue.discard([each as never]));
    }
    await refuses("RangeError", "id", () => queue.inspect(id.replace("default", "other")));
    await refuses("TypeError", "timeout", () => rl.handle(id).result({ timeout: odd("5000") }));
    await refuses("RangeError", "timeout", () => rl.handle(id).result({ timeout: "30d" }));
    await refuses("RangeError", "timeout", () => rl.flush({ timeout: -1 }));
    await refuses("RangeError", "state", () => queue.page(odd("done")));
    await refuses("RangeError", "limit", () => queue.page("ready", { limit: 1e9 }));
    await refuses("RangeError", "cursor", () => queue.page("ready", { cursor: "somewhere" }));
    await refuses("TypeError", "rlTask()", () => rl.apush(odd(noop)));
  }),
);
