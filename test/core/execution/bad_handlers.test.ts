/**
 * Handlers that throw or return anything. Each task is judged once, its stored data and
 * the worker stay sound, and the next task runs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { fork } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import {
  Discard,
  type RelierError,
  Retry,
  rlTask,
  taskContext,
  type TaskFailedError,
} from "../../../mod.ts";
import { overheard } from "../../support/console.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded } from "../../support/until.ts";

const canary = "canary-8d41";
const next = rlTask("next-one", () => "goes on");

/** The behaviour of each handler of `act`, by name. */
const acts = new Map<string, () => unknown>();
const act = rlTask("act", { retry: 1 }, (name: string, _secret?: string) => acts.get(name)!());

/** Pushes `run` as the work of a task, and waits for its death. The worker has to survive. */
async function deathOf(lab: Lab, name: string, run: () => unknown): Promise<Death> {
  acts.set(name, run);
  const handle = await act.apush(name, canary);
  const failed = await bounded(`"${name}" is dead`, handle.result().then(() => null, (e) => e));
  assert.equal(failed?.code, "RL_TASK_FAILED", name);
  const { state, error, history, facts } = await lab.queue.inspect(handle.id);
  assert.equal(state, "dead", name);
  assert.equal(history.length, 1);
  assert.equal(facts["crashes"] ?? "0", "0");
  assert.equal(await next.call(), "goes on", name);
  const { message, stack } = error!;
  assert.ok(error!.name.length <= 100 && message.length <= 2000 && stack.length <= 8000, name);
  assert.doesNotMatch(error!.name + message + stack, /(?![\n\t])[\p{Cc}\p{Cs}]/u);
  assert.ok(failed.message.length < 2200);
  return { reason: (failed as TaskFailedError).reason, name: error!.name, message, stack };
}

interface Death {
  readonly reason: string;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

function thrower(value: unknown): () => never {
  return () => {
    throw value;
  };
}

function trap(): never {
  throw new Error("trap");
}

/** Runs `body` with a worker, and asserts that the console stays silent. */
function working(body: (lab: Lab) => Promise<void>): () => Promise<void> {
  return withRelier(async (lab) => {
    const lines = await overheard(async () => {
      const errors: unknown[] = [];
      const worker = await lab.worker({ concurrency: 2 });
      worker.on("error", ({ error }) => errors.push(error));
      await body(lab);
      assert.deepEqual(errors, []);
      const { running, leaked, consuming } = worker.health();
      assert.deepEqual({ running, leaked, consuming }, { running: 0, leaked: 0, consuming: true });
    });
    assert.deepEqual(lines, []);
  });
}

test(
  "whatever a handler throws, its task is dead with a readable error",
  working(async (lab) => {
    const cause: Error & { cause?: unknown } = new Error("in a circle");
    cause.cause = cause;
    const thrown: [unknown, RegExp][] = [
      [null, /^null was thrown$/],
      [undefined, /^undefined was thrown$/],
      ["a string", /^a string$/],
      ["", /^$/],
      [42, /^42 was thrown$/],
      [5n, /^a bigint was thrown$/],
      [Symbol(canary), /^a symbol was thrown$/],
      [{}, /^an object was thrown$/],
      [[canary], /^an array was thrown$/],
      [trap, /^a function was thrown$/],
      [{ message: "no error, but it has a message" }, /^no error, but/],
      [{ message: 5, name: 6, stack: 7 }, /^an object was thrown$/],
      [Object.defineProperty(new Error("x"), "message", { get: trap }), /^an object was thrown$/],
      [Object.defineProperty(new Error("kept"), "stack", { get: trap }), /^kept$/],
      [Object.defineProperty(new Error("kept"), "name", { get: trap }), /^kept$/],
      [Object.create(null), /^an object was thrown$/],
      [cause, /^in a circle$/],
      [new AggregateError([new Error("one"), null, "three"], "all of them"), /^all of them$/],
      [new Error("é\u0000\u001b[2J\ud800 \u202e".repeat(3)), /^é/],
      [new Error("m".repeat(10_000_000)), /^m{1999}…$/],
      [new Discard("by name"), /^by name$/],
    ];
    for (const [i, [value, message]] of thrown.entries()) {
      const death = await deathOf(lab, `throws ${i}`, thrower(value));
      assert.equal(death.reason, value instanceof Discard ? "discarded" : "attempts");
      assert.match(death.message, message, `throws ${i}`);
      assert.ok(!JSON.stringify(death).includes(canary));
    }
    const { stack } = await deathOf(
      lab,
      "aggregate",
      thrower(new AggregateError([new Error("one")])),
    );
    assert.match(stack, /- Error: one/);
  }),
);

test(
  "objects that throw on inspection are judged all the same",
  working(async (lab) => {
    const traps = ["get", "has", "getPrototypeOf", "ownKeys", "getOwnPropertyDescriptor"] as const;
    for (const each of traps) {
      const death = await deathOf(lab, each, thrower(new Proxy(new Error("x"), { [each]: trap })));
      assert.equal(death.reason, "attempts");
    }
    const revoked = Proxy.revocable({}, {});
    revoked.revoke();
    await deathOf(lab, "revoked", thrower(revoked.proxy));
    await deathOf(lab, "rejects with it", () => Promise.reject(revoked.proxy));
  }),
);

test(
  "an object that only calls itself Retry decides nothing it may not",
  working(async () => {
    const values = [NaN, -1, "soon", 1e300, {}, undefined];
    const retry = { attempts: 2, backoff: "fixed", base: 1 } as const;
    const forged = rlTask("forged", { retry }, (i: number) => {
      if (taskContext().attempt === 2) return "second time";
      throw Object.assign(new Error("again"), { name: "Retry", afterMs: values[i] });
    });
    for (const i of values.keys()) {
      const handle = await forged.apush(i);
      assert.equal(
        await handle.result({ timeout: scaled(5_000) }),
        "second time",
        String(values[i]),
      );
    }
    const real = rlTask("refused-retry", { retry: 1 }, () => {
      throw new Retry({ after: -1 });
    });
    await assert.rejects(real.call(), /RangeError|option "after"/);
  }),
);

test(
  "the reason why a result cannot be stored names the place, and repeats nothing of the result",
  withRelier(async (lab) => {
    const worker = await lab.worker();
    const errors: string[] = [];
    worker.on("error", ({ error }) => errors.push(String(error)));
    const circular: Record<string, unknown> = { canary };
    circular["self"] = circular;
    const bad: [unknown, RegExp][] = [
      [circular, /at self: it contains itself/],
      [5n, /a BigInt is not JSON/],
      [{ deep: [5n] }, /at deep\.0: a BigInt/],
      [canary.repeat(500_000), /more than 262144 bytes/],
      ["x".repeat(262_143), /more than 262144 bytes/],
      [new Map([[canary, 1]]), /a Map is not JSON/],
      [new Error(canary), /an instance of a class/],
      [() => canary, /a function is not JSON/],
      [Symbol(canary), /a symbol is not JSON/],
      [[NaN], /NaN and Infinity/],
      [`${canary}\ud800`, /lone surrogate/],
      [{
        get a() {
          return trap();
        },
      }, /at a: reading it throws/],
    ];
    for (const [i, [value, message]] of bad.entries()) {
      acts.set(`returns ${i}`, () => value);
      const handle = await act.apush(`returns ${i}`, canary);
      await handle.result().catch((error) => assert.ok(!String(error).includes(canary)));
      const { state, facts } = await lab.queue.inspect(handle.id);
      assert.equal(state, "completed");
      assert.match(facts["unkept"]!, message, `returns ${i}`);
      assert.ok(!facts["unkept"]!.includes(canary));
    }
    assert.equal(errors.length, bad.length);
    assert.ok(!errors.join().includes(canary));
  }),
);

test(
  "results at the limit of storage come back unchanged",
  working(async () => {
    const good: unknown[] = [undefined, null, "", 0, false, [], {}, "x".repeat(262_142)];
    for (const [i, value] of good.entries()) {
      acts.set(`edge ${i}`, () => value);
      assert.deepEqual(await act.call(`edge ${i}`), value);
    }
    acts.set("thenable", () => ({ then: (resolve: (value: string) => void) => resolve("later") }));
    assert.equal(await act.call("thenable"), "later");
    const then = (resolve: (value: string) => void) => resolve("called");
    acts.set("callable", () => Object.assign(() => {}, { then }));
    assert.equal(await act.call("callable"), "called");
    acts.set("__proto__", () => JSON.parse('{"__proto__":{"polluted":1}}'));
    assert.deepEqual(Object.keys(await act.call("__proto__") as object), ["__proto__"]);
  }),
);

test(
  "only the first outcome of a handler counts",
  working(async (lab) => {
    const twice = (first: "resolve" | "reject") => () =>
      new Promise((resolve, reject) => {
        const say = { resolve: () => resolve("kept"), reject: () => reject(new Error("kept")) };
        say[first]();
        say.reject();
        say.resolve();
      });
    acts.set("resolves first", twice("resolve"));
    assert.equal(await act.call("resolves first"), "kept");
    assert.equal((await deathOf(lab, "rejects first", twice("reject"))).message, "kept");
    const odd = {
      get then() {
        return trap();
      },
    };
    assert.equal((await deathOf(lab, "odd thenable", () => odd)).message, "trap");
    acts.set("both", () => ({
      then(resolve: (value: string) => void) {
        resolve("first");
        trap();
      },
    }));
    assert.equal(await act.call("both"), "first");
    const overflow = (): unknown => [overflow()];
    assert.match((await deathOf(lab, "overflow", overflow)).message, /call stack/);
  }),
);

test(
  "a payload that makes its handler fail is in no other error",
  working(async () => {
    const typed = rlTask("typed", { retry: 1 }, (value: { a?: { b: string } }) => value.a!.b);
    await assert.rejects(typed.call({ canary } as never), (error: RelierError) => {
      return !JSON.stringify([error, error.message, error.cause]).includes(canary);
    });
  }),
);

test(
  "a handler that calls process.exit takes its process along, and runs again elsewhere",
  withRelier(async ({ url, prefix, worker, queue }) => {
    const path = fileURLToPath(new URL("../../support/exiting_process.ts", import.meta.url));
    const ends = rlTask("ends-its-process", () => "survived");
    const handle = await ends.apush();
    const child = fork(path, [url, prefix], { execArgv: ["--import", "tsx"] });
    const ended = new Promise<number | null>((resolve) => child.once("exit", resolve));
    assert.equal(await bounded("the process has ended", ended, 10_000), 0);
    await worker();
    assert.equal(await handle.result({ timeout: scaled(8_000) }), "survived");
    const { facts, history } = await queue.inspect(handle.id);
    assert.equal(facts["crashes"], "1");
    assert.deepEqual(history.map(({ cause }) => cause), ["presence", "completed"]);
  }),
);
