/**
 * The port contract, in full: an adapter is correct when it passes this. It
 * knows nothing of clients; what it breaks, it breaks on the wire.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash, randomUUID } from "node:crypto";
import { test } from "node:test";
import { type Program, RedisError, type RedisPort, type Reply } from "../../core/port.ts";
import { scaled, stretched } from "../support/machine_speed.ts";
import { bounded, until } from "../support/until.ts";
import type { Wire } from "../support/wire.ts";

/** Input of a test. */
export interface PortBench {
  /** The port under test, with a deadline of {@linkcode timeoutMs}. */
  readonly port: RedisPort;
  /** Sends a plain command past the port, to the server that holds `key`, if that matters. */
  readonly admin: (command: readonly string[], key?: string) => Promise<unknown>;
  /** The network between the port and the server. Absent: the tests that break it are skipped. */
  readonly wire?: Wire;
  /** Closes the port and all that was opened for it. */
  close(): Promise<void>;
}

/** Differences allowed between ports. */
export interface PortSuiteOptions {
  /** Tests that cannot hold, by name, with the reason. */
  readonly skip?: Record<string, string>;
}

/** The deadline, in milliseconds, a port under test is to be opened with. */
export const timeoutMs: number = stretched(2_000);

/** A wait that a test ends before its time, in milliseconds. */
const farMs = 600_000;

/** Makes a program out of a text. */
export function program(source: string, name = "probe"): Program {
  return { name, sha: createHash("sha1").update(source).digest("hex"), source };
}

/** Publishes to every listener, however it subscribed. */
export const shout: Program = program(
  `local heard = redis.call("PUBLISH", KEYS[1], ARGV[1])
  local sharded = redis.pcall("SPUBLISH", KEYS[1], ARGV[1])
  if type(sharded) == "number" then heard = heard + sharded end
  return heard`,
  "shout",
);
const echo = program("return ARGV[1]", "echo");
const push = program(`return redis.call("RPUSH", KEYS[1], ARGV[1])`, "push");
const count = program(`return redis.call("INCR", KEYS[1])`, "count");

/** Registers the tests, one set per port. */
export function portSuite(
  name: string,
  open: () => Promise<PortBench>,
  { skip = {} }: PortSuiteOptions = {},
): void {
  const unused = new Set(Object.keys(skip));

  function check(
    title: string,
    body: (bench: PortBench, key: string) => Promise<void>,
    ms = 15_000,
  ): void {
    unused.delete(title);
    test(
      `${name}: ${title}`,
      { skip: skip[title] ?? false, timeout: scaled(ms + 20_000) },
      async () => {
        const bench = await bounded("the port opens", open(), 10_000);
        try {
          await bounded("the test ends", body(bench, `{${randomUUID()}}`), ms);
        } finally {
          await bounded("the port closes", bench.close());
        }
      },
    );
  }

  /** Like {@linkcode check}, for what needs a network to break. */
  function checkWire(
    title: string,
    body: (bench: PortBench & { readonly wire: Wire }, key: string) => Promise<void>,
  ): void {
    check(title, async (bench, key) => {
      const { wire } = bench;
      assert.ok(wire !== undefined, "this bench has no wire: skip the test with a reason");
      await body({ ...bench, wire }, key);
    });
  }

  check("run() returns strings, integers, nulls and arrays of these", async ({ port }, key) => {
    const source = program(`
      redis.call("HSET", KEYS[1], "field", "value")
      return { 1, -7, "text", false, {}, { 2, { "deep" } }, ARGV[1], ARGV[2], "true",
        redis.status_reply("OK"), redis.call("HGETALL", KEYS[1]), "9007199254740993" }`);
    assert.deepEqual(await port.run(source, [key], ['{"id":1}', "007"]), [
      1,
      -7,
      "text",
      null,
      [],
      [2, ["deep"]],
      '{"id":1}',
      "007",
      "true",
      "OK",
      ["field", "value"],
      "9007199254740993",
    ]);
    assert.equal(await port.run(program("return 42"), [key], []), 42);
    assert.equal(await port.run(program("return nil"), [key], []), null);
    assert.equal(await port.run(program("return ''"), [key], []), "");
  });

  check("text outside ASCII survives both ways, as keys, arguments and replies", async (
    { port },
    key,
  ) => {
    const text = "héé→😀\u0000\r\n\u{10FFFF}";
    const source = program(`
      redis.call("SET", KEYS[1], ARGV[1])
      return { redis.call("GET", KEYS[1]), KEYS[1], #ARGV[1] }`);
    const name = `${key}ключ`;
    const bytes = new TextEncoder().encode(text).length;
    assert.deepEqual(await port.run(source, [name], [text]), [text, name, bytes]);
  });

  check("a program Redis does not know is sent as text, and a flushed cache is invisible", async (
    { port, admin },
    key,
  ) => {
    const fresh = program(`return { ARGV[1], "${key}" }`);
    assert.deepEqual(await port.run(fresh, [key], ["1"]), ["1", key]);
    await admin(["SCRIPT", "FLUSH"], key);
    assert.deepEqual(await port.run(fresh, [key], ["2"]), ["2", key]);
    const replies = Array.from({ length: 100 }, async (_, i) => {
      if (i % 25 === 24) await admin(["SCRIPT", "FLUSH"], key);
      return await port.run(fresh, [key], [String(i)]);
    });
    assert.deepEqual(
      await Promise.all(replies),
      replies.map((_, i) => [String(i), key]),
    );
  });

  check("many calls at once each get their own reply", async ({ port }, key) => {
    const replies = await Promise.all(
      Array.from({ length: 500 }, (_, i) => port.run(echo, [key], [String(i)])),
    );
    assert.deepEqual(replies, Array.from({ length: 500 }, (_, i) => String(i)));
  });

  check("a large payload survives both ways", async ({ port }, key) => {
    const text = "x".repeat(1_000_000) + "ü";
    assert.equal(await port.run(echo, [key], [text]), text);
  });

  check("an error of Redis is refused, with its first word, at once", async ({ port }, key) => {
    const started = performance.now();
    const wrong = program(
      `redis.call("SET", KEYS[1], "x") return redis.call("RPUSH", KEYS[1], "y")`,
    );
    const error = await failure(port.run(wrong, [key], ["canary-argument"]));
    assert.equal(error.failure, "refused");
    assert.equal(error.reply, "WRONGTYPE");
    assert.match(error.message, /^Cannot run "probe": Redis answered WRONGTYPE /);
    const custom = program(`return redis.error_reply("RLTEST no: " .. ARGV[1])`);
    const own = await failure(port.run(custom, [key], ["canary-argument"]));
    assert.equal(own.reply, "RLTEST");
    assert.ok(performance.now() - started < timeoutMs * 0.9);
  });

  check("no error repeats an argument of the call, wherever one looks", async ({ port }, key) => {
    const canary = "canary-4111111111111111";
    const calls = [
      program(`return redis.call("NOSUCHCOMMAND", ARGV[1])`),
      program(`error(ARGV[1])`),
      program(`return redis.error_reply("ERR " .. ARGV[1])`),
      program(`return redis.error_reply("OOM " .. ARGV[1])`),
      program(`return redis.call("SET", KEYS[1], ARGV[1], ARGV[1])`),
      program(`local ${canary.replace("-", "_")} = nil; return ${canary.replace("-", "_")}.x`),
      program(`this is no Lua`),
    ];
    for (const each of calls) {
      const error = await failure(port.run(each, [key], [canary, canary.repeat(40)]));
      assert.equal(error.failure, "refused");
      assert.doesNotMatch(everythingIn(error), /canary-41/, each.source);
    }
  });

  check(
    "an argument that is no string is a TypeError, and sends nothing",
    async ({ port }, key) => {
      for (const bad of [undefined, null, 7, {}, ["a", "b"]]) {
        await assert.rejects(port.run(push, [key], [bad as string]), TypeError);
        await assert.rejects(port.run(push, [bad as string], ["a"]), TypeError);
      }
      assert.equal(await port.run(push, [key], ["first"]), 1);
    },
  );

  check("wait() returns when the bell rings, and takes the ring", async (bench, key) => {
    const { port } = bench;
    for (let round = 0; round < 3; round++) {
      const started = performance.now();
      const waiting = port.wait([`${key}bell`], farMs);
      await until("somebody waits", () => blocked(bench, key));
      await port.run(push, [`${key}bell`], ["ring"]);
      await waiting;
      assert.ok(performance.now() - started < scaled(5_000));
    }
    assert.equal(
      await port.run(program(`return redis.call("LLEN", KEYS[1])`), [`${key}bell`], []),
      0,
    );
  });

  check("wait() returns for any of several bells", async (bench, key) => {
    const { port } = bench;
    const bells = [`${key}a`, `${key}b`, `${key}c`];
    for (const bell of bells) {
      const waiting = port.wait(bells, farMs);
      await until("somebody waits", () => blocked(bench, key));
      await port.run(push, [bell], ["ring"]);
      await bounded("the wait ends", waiting, 3_000);
    }
  });

  check("wait() is bounded, also by zero", async ({ port }, key) => {
    const started = performance.now();
    await port.wait([`${key}bell`], 0);
    await port.wait([`${key}bell`], -5);
    await port.wait([`${key}bell`], Number.NaN);
    assert.ok(performance.now() - started < scaled(500));
    await port.wait([`${key}bell`], 150);
    assert.ok(performance.now() - started < scaled(2_000));
  });

  check("wait() ends when its signal aborts, and works again afterwards", async (bench, key) => {
    const { port } = bench;
    const bells = [`${key}bell`];
    for (const lingers of [true, false]) {
      const controller = new AbortController();
      const waiting = port.wait(bells, farMs, controller.signal);
      await until("somebody waits", () => blocked(bench, key));
      const started = performance.now();
      controller.abort();
      await waiting;
      assert.ok(performance.now() - started < scaled(1_000));
      // Once at once, and once after the abandoned command is gone.
      if (!lingers) await until("nobody waits", async () => !await blocked(bench, key));
      const again = port.wait(bells, farMs);
      await until("somebody waits again", () => blocked(bench, key));
      await port.run(push, bells, ["ring"]);
      await bounded("the wait ends", again, 3_000);
    }
    await bounded("an aborted wait returns", port.wait(bells, farMs, AbortSignal.abort()), 1_000);
  });

  check(
    "several wait() at once each hear their own bell, and calls go on meanwhile",
    async (bench, key) => {
      const { port } = bench;
      const bells = Array.from({ length: 5 }, (_, i) => `${key}${i}`);
      const heard: number[] = [];
      const waits = bells.map((bell, i) => port.wait([bell], farMs).then(() => heard.push(i)));
      await until("all wait", async () => await blockedCount(bench, key) >= 5);
      assert.equal(await port.run(echo, [key], ["still here"]), "still here");
      await port.run(push, [bells[3]!], ["ring"]);
      await until("the fourth hears it", () => heard.length > 0);
      assert.deepEqual(heard, [3]);
      for (const bell of bells) await port.run(push, [bell], ["ring"]);
      await bounded("all end", Promise.all(waits), 3_000);
    },
  );

  check("listen() hears each message once, and nothing once it is stopped", async (
    { port },
    key,
  ) => {
    const one: string[] = [];
    const two: string[] = [];
    const stopOne = await port.listen!(key, (message) => one.push(message));
    const stopTwo = await port.listen!(key, (message) => two.push(message));
    assert.equal(await port.run(shout, [key], ["ä"]), 1);
    await until("both hear it", () => one.length > 0 && two.length > 0);
    stopOne();
    stopOne();
    assert.equal(await port.run(shout, [key], ["b"]), 1);
    await until("the second hears it", () => two.length > 1);
    stopTwo();
    await until("nobody listens", async () => await port.run(shout, [key], ["c"]) === 0);
    assert.deepEqual([one, two], [["ä"], ["ä", "b"]]);
    const stop = await port.listen!(key, (message) => one.push(message));
    assert.equal(await port.run(shout, [key], ["d"]), 1);
    await until("it is heard again", () => one.length === 2);
    assert.deepEqual([one, two], [["ä", "d"], ["ä", "b"]]);
    stop();
  });

  check("listen() keeps channels apart", async ({ port }, key) => {
    const heard: string[] = [];
    for (const channel of [`${key}a`, `${key}b`]) {
      await port.listen!(channel, (message) => heard.push(`${channel.slice(-1)}:${message}`));
    }
    await port.run(shout, [`${key}a`], ["1"]);
    await port.run(shout, [`${key}b`], ["2"]);
    await until("both are heard", () => heard.length === 2);
    assert.deepEqual(heard.sort(), ["a:1", "b:2"]);
  });

  check("confirm by replicas that do not exist is unknown, says how many, and ran", async (
    { port },
    key,
  ) => {
    const started = performance.now();
    const error = await failure(port.run(push, [key], ["x"], { replicas: 2, timeoutMs: 100 }));
    assert.equal(error.failure, "unknown");
    assert.match(
      error.message,
      /^Cannot confirm "push", which ran: \d of 2 replicas had it after 100 ms$/,
    );
    assert.ok(performance.now() - started < scaled(1_500));
    assert.equal(await port.run(push, [key], ["y"]), 2);
  });

  check("an unconfirmed call does not hold up the others", async ({ port }, key) => {
    const slow = failure(port.run(push, [key], ["x"], { replicas: 2, timeoutMs: 1_000 }));
    const started = performance.now();
    for (let i = 0; i < 10; i++) await port.run(echo, [key], ["quick"]);
    assert.ok(performance.now() - started < scaled(800));
    await slow;
  });

  checkWire(
    "a call whose reply is lost is made again: it may run twice, and says what it says",
    async (
      { port, wire },
      key,
    ) => {
      await port.run(count, [key], ["warm"]);
      wire.dropReplyTo(key);
      assert.equal(await port.run(count, [key], []), 3);
      assert.equal(wire.dropped, 1);
    },
  );

  checkWire("a refusal after a lost reply is unknown: the first attempt may have run", async (
    { port, wire },
    key,
  ) => {
    const once = program(
      `
      if redis.call("INCR", KEYS[1]) > 1 then return redis.error_reply("RLTWICE no") end
      return "ran"`,
      "once",
    );
    await port.run(echo, [key], ["warm"]);
    // The text goes over the wire first, so that the next attempt is the script itself.
    await port.run(once, [`${key}warm`], []);
    wire.dropReplyTo(`${key}x`);
    const error = await failure(port.run(once, [`${key}x`], []));
    assert.equal(error.failure, "unknown");
    assert.equal(error.reply, "RLTWICE");
    assert.match(error.message, /^Cannot tell whether "once" ran: /);
  });

  checkWire("a silent server makes a call reject by its deadline, and a later one works", async (
    { port, wire },
    key,
  ) => {
    await port.run(push, [key], ["before"]);
    wire.blackhole();
    const started = performance.now();
    const errors = await Promise.all(
      Array.from({ length: 20 }, () => failure(port.run(push, [key], ["canary-argument"]))),
    );
    const took = performance.now() - started;
    assert.ok(took > timeoutMs * 0.9 && took < timeoutMs + scaled(1_000), `${took} ms`);
    for (const error of errors) {
      assert.equal(error.failure, "unknown");
      assert.doesNotMatch(everythingIn(error), /canary/);
    }
    wire.heal();
    assert.equal(await port.run(push, [key], ["after"]), 2);
  });

  checkWire("a connection that went silent is replaced within half of the deadline", async (
    { port, wire },
    key,
  ) => {
    await port.run(push, [key], ["before"]);
    wire.blackhole();
    wire.heal(); // New connections work; the old ones stay silent.
    const started = performance.now();
    assert.equal(await port.run(push, [key], ["after"]), 2);
    assert.ok(performance.now() - started < timeoutMs * 0.9);
  });

  checkWire(
    "an absent server makes a call reject by its deadline, and is found when it is back",
    async (
      { port, wire },
      key,
    ) => {
      await port.run(echo, [key], ["warm"]);
      wire.down();
      const started = performance.now();
      const error = await failure(port.run(push, [key], ["canary-argument"]));
      const took = performance.now() - started;
      assert.ok(took > timeoutMs * 0.9 && took < timeoutMs + scaled(1_000), `${took} ms`);
      assert.equal(error.failure, "unknown");
      const waiting = port.run(push, [key], ["x"]);
      wire.heal();
      assert.equal(await waiting, 1);
    },
  );

  checkWire(
    "wait() throws in bounded time when its connection breaks, and works again",
    async (bench, key) => {
      const { port, wire } = bench;
      const waiting = failure(port.wait([`${key}bell`], farMs));
      await until("somebody waits", () => blocked(bench, key));
      wire.cut();
      assert.equal((await bounded("the wait ends", waiting, 1_000)).failure, "unknown");
      wire.down();
      assert.equal((await failure(port.wait([`${key}bell`], 1_000))).failure, "unknown");
      wire.heal();
      const again = port.wait([`${key}bell`], farMs);
      await until("somebody waits again", () => blocked(bench, key));
      await port.run(push, [`${key}bell`], ["ring"]);
      await bounded("the wait ends", again, 3_000);
    },
  );

  checkWire("wait() on a connection that went silent ends soon after its time", async (
    { port, wire },
    key,
  ) => {
    await port.wait([`${key}bell`], 50);
    wire.blackhole();
    const started = performance.now();
    const error = await failure(port.wait([`${key}bell`], 300));
    assert.equal(error.failure, "unknown");
    assert.ok(performance.now() - started < scaled(2_500));
    wire.heal();
    await port.wait([`${key}bell`], 50);
  });

  checkWire(
    "listen() reports a cut once, listens again by itself, and hears each message once",
    async (
      { port, wire },
      key,
    ) => {
      const heard: string[] = [];
      let cuts = 0;
      await port.listen!(key, (message) => heard.push(message), () => cuts++);
      for (let round = 1; round <= 3; round++) {
        wire.cut();
        await until("the cut is reported", () => cuts === round);
        await until(
          "it listens again",
          async () => await port.run(shout, [key], [`${round}`]) === 1,
        );
        await until("it hears", () => heard.includes(`${round}`));
      }
      wire.down();
      await until("the cut is reported", () => cuts === 4);
      wire.heal();
      await until("it listens again", async () => await port.run(shout, [key], ["last"]) === 1);
      await until("it hears", () => heard.includes("last"));
      assert.deepEqual(heard, ["1", "2", "3", "last"]);
      assert.equal(cuts, 4);
    },
  );

  checkWire("listen() again finds out that a connection went silent, and replaces it", async (
    { port, wire },
    key,
  ) => {
    let cuts = 0;
    await port.listen!(key, () => {}, () => cuts++);
    wire.blackhole();
    wire.heal();
    const heard: string[] = [];
    await port.listen!(key, (message) => heard.push(message));
    assert.equal(cuts, 1);
    await port.run(shout, [key], ["here"]);
    await until("it hears", () => heard.length === 1);
  });

  checkWire("listen() rejects by its deadline when nobody answers", async ({ port, wire }, key) => {
    wire.blackhole();
    const started = performance.now();
    const error = await failure(port.listen!(key, () => {}));
    assert.equal(error.failure, "unknown");
    assert.ok(performance.now() - started < timeoutMs + scaled(1_000));
  });

  checkWire(
    "close() makes pending calls reject at once, and later ones too",
    async (bench, key) => {
      const { port, wire } = bench;
      await port.run(echo, [key], ["warm"]);
      const waiting = failure(port.wait([`${key}bell`], farMs));
      await until("somebody waits", () => blocked(bench, key));
      wire.blackhole();
      const pending = [
        failure(port.run(echo, [key], ["x"])),
        failure(port.run(push, [key], ["x"], { replicas: 1, timeoutMs: 1_000 })),
        failure(port.listen!(key, () => {})),
        waiting,
      ];
      const started = performance.now();
      await port.close();
      for (const error of await Promise.all(pending)) assert.equal(error.failure, "unknown");
      assert.ok(performance.now() - started < timeoutMs * 0.9);
      assert.equal((await failure(port.run(echo, [key], ["x"]))).failure, "unknown");
      assert.equal((await failure(port.wait([key], 1_000))).failure, "unknown");
      assert.equal((await failure(port.listen!(key, () => {}))).failure, "unknown");
      await port.close();
    },
  );

  checkWire("close() leaves no connection of the port behind", async (bench, key) => {
    const { port, wire } = bench;
    await port.run(echo, [key], ["warm"]);
    await port.wait([`${key}bell`], 20);
    await port.listen!(key, () => {});
    await failure(port.run(push, [key], ["x"], { replicas: 9, timeoutMs: 10 }));
    assert.ok(wire.connections >= 4);
    await port.close();
    await until("all are closed", () => wire.connections === 0);
  });

  if (unused.size > 0) {
    throw new Error(`Cannot skip what does not exist: ${[...unused].join(", ")}`);
  }
}

/** Resolves to the error `call` rejects with, which has to be a RedisError. */
export async function failure(call: Promise<Reply | void | (() => void)>): Promise<RedisError> {
  const error = await call.then((value) => ({ value }), (error: unknown) => error);
  assert.ok(error instanceof RedisError, `expected a RedisError, got ${JSON.stringify(error)}`);
  return error;
}

/** All text an error carries, however deep, as a logger might print it. */
export function everythingIn(value: unknown, seen: Set<unknown> = new Set()): string {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || value === null || seen.has(value)) return "";
  seen.add(value);
  return Reflect.ownKeys(value)
    .map((key) => `${String(key)} ${everythingIn(Reflect.get(value, key), seen)}`)
    .join("\n");
}

async function blocked(bench: PortBench, key: string): Promise<boolean> {
  return await blockedCount(bench, key) > 0;
}

/** Number of clients that wait on the server that holds `key`. Each bench has a server to itself. */
async function blockedCount({ admin, wire }: PortBench, key: string): Promise<number> {
  if (wire !== undefined) return wire.pending("blpop");
  const info = String(await admin(["INFO", "clients"], key));
  return Number(/blocked_clients:(\d+)/.exec(info)?.[1] ?? 0);
}
