/**
 * Invalid options are refused before anything reaches Redis. The message names the
 * option, the allowed values and the given one.
 *
 * @module
 */

import { test } from "node:test";
import {
  createRelier,
  createWorker,
  idempotencyLock,
  idempotent,
  type PushOptions,
  Retry,
  rlTask,
} from "../../../mod.ts";
import { harmless, odd, refuses, take } from "../../support/refusals.ts";

const noop = (): void => {};

test(
  "invalid options of a push are refused",
  harmless(async () => {
    const bad: [keyof PushOptions, "TypeError" | "RangeError", readonly unknown[]][] = [
      ["delay", "RangeError", [-1, 1e15, NaN, Infinity, "-1s", "9999999d"]],
      ["delay", "TypeError", ["5000", "soon", null, true, {}, [5], 5n, "5 s", ""]],
      ["at", "RangeError", [new Date(NaN), new Date(8.64e15)]],
      ["at", "TypeError", [0, "2030-01-01", null, {}]],
      ["priority", "RangeError", [-1, 101, 0.5, NaN, 2 ** 53]],
      ["priority", "TypeError", ["1", null, 1n, [1], true]],
      ["headers", "TypeError", [null, 1, { a: 1 }]],
      ["headers", "RangeError", [{ a: "x".repeat(9000) }]],
      ["durability", "TypeError", ["disk", null, 1]],
      ["durability", "RangeError", [{ replicas: 0 }, { replicas: 17 }]],
    ];
    for (const [name, kind, values] of bad) {
      for (const value of values) {
        await refuses(kind, name, () => take.with({ [name]: value }).apush("x"));
        await refuses(kind, name, () => take.pushMany([["x"]], { [name]: value }));
        await refuses(kind, name, () => take.apushMany([["x"]], { [name]: value }));
      }
    }
    await refuses("TypeError", "delay", () => take.with({ delay: 1, at: new Date() }));
    await refuses("TypeError", 'write 5000 or "5000ms"', () => take.with({ delay: odd("5000") }));
  }),
);

test(
  "invalid options of a task are refused",
  harmless(async () => {
    const bad: [string, "TypeError" | "RangeError", object][] = [
      ["priority", "RangeError", { priority: -1 }],
      ["priority", "TypeError", { priority: null }],
      ["version", "RangeError", { version: 0 }],
      ["version", "TypeError", { version: "2" }],
      ["idempotent", "TypeError", { idempotent: "yes" }],
      ["idempotencyTtl", "TypeError", { idempotencyTtl: "1 day" }],
      ["resultTtl", "RangeError", { resultTtl: -1 }],
      ["maxResurrections", "RangeError", { maxResurrections: 1001 }],
      ["retry.attempts", "RangeError", { retry: 0 }],
      ["retry.attempts", "RangeError", { retry: { attempts: 0 } }],
      ["retry.attempts", "RangeError", { retry: { attempts: Infinity } }],
      ["retry.attempts", "RangeError", { retry: 1.5 }],
      ["retry.attempts", "TypeError", { retry: { attempts: "3" } }],
      ["retry", "TypeError", { retry: "3" }],
      ["retry.backoff", "RangeError", { retry: { backoff: "linear" } }],
      ["retry.base", "RangeError", { retry: { base: -1 } }],
      ["retry.max", "RangeError", { retry: { base: 10, max: 5 } }],
      ["retry.on", "TypeError", { retry: { on: "TypeError" } }],
      ["softTimeout", "RangeError", { softTimeout: 100, hardTimeout: 100 }],
      ["softTimeout", "RangeError", { softTimeout: "2s", hardTimeout: "1s" }],
      ["hardTimeout", "RangeError", { hardTimeout: 0 }],
      ["isolate", "RangeError", { isolate: "worker" }],
      ["isolate", "TypeError", { isolate: true }],
      ["memoryMb", "RangeError", { memoryMb: 1 }],
      ["memoryMb", "TypeError", { memoryMb: "64" }],
      ["memoryMb", "TypeError", { memoryMb: 64 }],
      ["module", "RangeError", { module: "./tasks.ts" }],
      ["module", "TypeError", { module: true }],
      ["hardTimeout", "RangeError", { hardTimeout: 2 ** 31 }],
      ["onSoftTimeout", "TypeError", { onSoftTimeout: "log" }],
      ["onDead", "TypeError", { onDead: {} }],
      ["migrate", "TypeError", { version: 3, migrate: { 1: noop } }],
      ["migrate", "TypeError", { version: 4, migrate: { 1: noop, 3: noop } }],
      ["migrate", "RangeError", { version: 2, migrate: { 2: noop } }],
      ["migrate", "RangeError", { version: 2, migrate: { one: noop } }],
      ["migrate[1]", "TypeError", { version: 2, migrate: { 1: 5 } }],
      ["input", "TypeError", { input: { type: "string" } }],
      ["output", "TypeError", { output: (x: unknown) => x }],
    ];
    for (const [what, kind, options] of bad) {
      await refuses(kind, what, () => rlTask("ill-defined", options, noop));
    }
    await refuses("TypeError", "handler", () => rlTask("ill-defined", odd("noop")));
    const elsewhere = { module: "file:///elsewhere.ts" };
    await refuses("TypeError", "name is taken", () => rlTask("take", elsewhere, noop));
    rlTask("twice", noop);
    await refuses("TypeError", "name is taken", () => rlTask("twice", noop));
  }),
);

test(
  "invalid options of a worker and of a client are refused",
  harmless(async ({ rl, url }) => {
    const ofWorker: [string, "TypeError" | "RangeError", readonly unknown[]][] = [
      ["concurrency", "RangeError", [0, -1, NaN, 1e6, 1.5, Infinity]],
      ["concurrency", "TypeError", ["10", null, 10n]],
      ["prefetch", "RangeError", [-1, 10_001]],
      ["drainTimeout", "RangeError", [-1, "30d"]],
      ["lease", "RangeError", [0, 999, "2h"]],
      ["profile", "RangeError", ["slow"]],
      ["stallBudget", "RangeError", [-1, "2h", Infinity]],
      ["stallBudget", "TypeError", ["30", null, true]],
      ["relief", "TypeError", ["yes", 1]],
      ["isolate", "RangeError", ["worker", "none"]],
      ["isolate", "TypeError", [true, null]],
      ["modules", "TypeError", ["file:///tasks.js", [1]]],
      ["modules", "RangeError", [["./tasks.js"]]],
      ["preload", "TypeError", ["file:///otel.js", [1]]],
      ["preload", "RangeError", [["./otel.js"]]],
      ["phoenix", "TypeError", ["yes", null]],
      ["handleSignals", "TypeError", [1]],
      ["queues", "RangeError", [[], {}, ["a", "a"], { a: 0 }, { a: 1001 }]],
      ["queues", "TypeError", ["default", null, 5, { a: "1" }]],
    ];
    for (const [name, kind, values] of ofWorker) {
      for (const value of values) {
        await refuses(kind, name, () => createWorker(rl, { [name]: value }));
      }
    }
    const ofClient: [string, readonly unknown[]][] = [
      ["redis", ["http://x", "localhost:6379", 6379, null, {}]],
      ["tasks", [5, "take", [noop], [null]]],
      ["admission", [5, null, { a: 5 }, { a: { maxDepth: "1" } }]],
      ["onPushError", ["log", null]],
      ["onDataLoss", [1]],
    ];
    for (const [name, values] of ofClient) {
      const what = name === "tasks" ? "task" : name;
      for (const value of values) {
        await refuses("TypeError", what, () => createRelier({ redis: url, [name]: value }));
      }
    }
    await refuses(
      "RangeError",
      "maxDepth",
      () => createRelier({ admission: { a: { maxDepth: 0 } } }),
    );
    await refuses("RangeError", "wait", () => idempotencyLock(rl, { key: "k", wait: -1 }));
    await refuses("TypeError", "ttl", () => idempotencyLock(rl, { key: "k", ttl: odd(null) }));
    await refuses("TypeError", "fn", () => idempotent(rl, "k", odd("fn")));
    await refuses("RangeError", "after", () => new Retry({ after: -1 }));
    await refuses("TypeError", "after", () => new Retry({ after: odd("5000") }));
  }),
);

test(
  "an unknown option is refused, with the probable one",
  harmless(async ({ rl }) => {
    const bad: [string, (options: never) => unknown, object][] = [
      ["idempotent", (options) => rlTask("ill-defined", options, noop), { idempotant: true }],
      ["attempts", (retry) => rlTask("ill-defined", { retry }, noop), { attemps: 3 }],
      ["priority", (options) => take.with(options), { prority: 1 }],
      ["delay", (options) => take.pushMany([["x"]], options), { delays: 1 }],
      ["queue", (options) => take.apushMany([["x"]], options), { Queue: "a" }],
      ["replicas", (durability) => take.with({ durability }), { replica: 1 }],
      ["prefix", (options) => createRelier(options), { prefex: "a" }],
      ["maxDepth", (a) => createRelier({ admission: { a } }), { maxdepth: 1 }],
      ["concurrency", (options) => createWorker(rl, options), { concurency: 5 }],
      ["wait", (options) => idempotencyLock(rl, options), { key: "k", waits: 1 }],
      ["after", (options) => new Retry(options), { afte: 1 }],
    ];
    for (const [meant, place, options] of bad) {
      await refuses("TypeError", `did you mean "${meant}"?`, () => place(odd(options)));
      const hostile = JSON.parse('{"__proto__":1}');
      await refuses("TypeError", 'option "__proto__"', () => place(odd(hostile)));
      for (const none of [null, "x", []]) {
        if (meant === "replicas" || meant === "attempts") continue;
        const isUrl = meant === "prefix" && none === "x";
        const refused = isUrl ? "must be a URL" : "must be an object";
        await refuses("TypeError", refused, () => place(none as never));
      }
    }
  }),
);
