/**
 * Payloads that are refused before anything reaches Redis, and payloads that barely
 * pass. Neither appears in errors or logs.
 *
 * @module
 */

import assert from "node:assert/strict";
import { inspect } from "node:util";
import { test } from "node:test";
import { Redis } from "ioredis";
import * as v from "valibot";
import { ioredis } from "../../../adapters/ioredis.ts";
import { type RelierError, rlTask } from "../../../mod.ts";
import { overheard } from "../../support/console.ts";
import { listeningLogger } from "../../support/listening_logger.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { freePort } from "../../support/server.ts";

const take = rlTask("take-payload", (..._values: unknown[]): unknown => "taken");
const email = rlTask(
  "take-email",
  { input: v.object({ to: v.pipe(v.string(), v.email()) }) },
  () => {},
);

const mebibyte = 1_048_576;

/** A text in every payload of this file, and in no message about one. */
const canary = "canary-8d41";

/** Joins everything that an error shows to any reader. */
function textOf(error: unknown): string {
  return inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + String(error) +
    (error as Error).stack;
}

function nested(depth: number): unknown {
  let value: unknown = canary;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function fail(): never {
  throw new Error(canary);
}

/** Values that JSON does not restore unchanged. */
function hostile(): unknown[] {
  const circular: Record<string, unknown> = { canary };
  circular["self"] = circular;
  class Order {
    id = canary;
  }
  return [
    5n,
    { price: NaN, canary },
    [canary, Infinity],
    () => canary,
    Symbol(canary),
    new Map([[canary, canary]]),
    new Set([canary]),
    new Date(),
    new Date(NaN),
    new Order(),
    new Error(canary),
    new TextEncoder().encode(canary),
    Promise.resolve(canary),
    [canary, undefined],
    `${canary}\ud800`,
    circular,
    nested(64),
    nested(10_000),
    {
      get a() {
        return fail();
      },
    },
    new Proxy({}, { ownKeys: fail }),
    { toJSON: () => canary },
  ];
}

test(
  "a payload that would arrive changed is refused, and nothing is written or reported",
  withRelier(async ({ size, dump, rl }) => {
    await take.apush("first");
    const before = [await size(), await dump()];
    const lines = await overheard(async () => {
      const ways: ((value: unknown) => unknown)[] = [
        (value) => take.push(value),
        (value) => take.apush(value),
        (value) => take.call(value),
        (value) => rl.apush(take, value),
        (value) => take.with({ delay: 5, idempotencyKey: "k" }).apush(value),
        (value) => take.pushMany([["fine"], [value]]),
        (value) => take.apushMany([["fine"], [value]]),
      ];
      for (const value of hostile()) {
        for (const way of ways) {
          await assert.rejects(async () => void await way(value), (error: RelierError) => {
            assert.equal(error.code, "RL_VALIDATION", inspect(value, { depth: 1 }));
            assert.match(error.message, /^Cannot accept the payload of "take-payload"/);
            assert.ok(error.message.length < 300);
            assert.ok(!textOf(error).includes(canary), textOf(error));
            return true;
          });
        }
      }
      await assert.rejects(take.apush("fine", undefined, canary), { code: "RL_VALIDATION" });
      await assert.rejects(email.apush({ to: canary }), (error: RelierError) => {
        assert.equal(error.code, "RL_VALIDATION");
        assert.match(error.message, / at to: /);
        assert.ok(!textOf(error).includes(canary), textOf(error));
        return true;
      });
    });
    assert.deepEqual(lines, []);
    assert.deepEqual([await size(), await dump()], before);
  }),
);

test(
  "a payload may be as large as the limit, and not a byte larger",
  withRelier(async ({ size, dump, queue }) => {
    const fits = canary.padEnd(mebibyte - '[""]'.length, "x");
    const handle = await take.apush(fits);
    assert.equal((await queue.inspect(handle.id)).envelope.includes(fits), true);
    const before = [await size(), await dump()];
    const tooLarge: unknown[] = [
      `${fits}x`,
      `${fits.slice(1)}é`,
      { [fits]: 1 },
      Array.from({ length: mebibyte }, () => 1),
      canary.repeat(10_000_000),
    ];
    for (const value of tooLarge) {
      await assert.rejects(take.apush(value), (error: RelierError) => {
        assert.equal(error.code, "RL_PAYLOAD_TOO_LARGE");
        assert.match(error.message, /it is more than 1048576 bytes of JSON/);
        assert.ok(textOf(error).length < 5000 && !textOf(error).includes(canary));
        return true;
      });
    }
    assert.throws(() => take.push(`${fits}x`), { code: "RL_PAYLOAD_TOO_LARGE" });
    assert.deepEqual([await size(), await dump()], before);
    await handle.cancel();
  }),
);

test(
  "keys such as __proto__ arrive as data, and change nothing",
  withRelier(async ({ worker }) => {
    const texts = [
      '{"__proto__":{"polluted":1},"a":2}',
      '{"constructor":{"prototype":{"polluted":1}}}',
      '{"":0,"\\u0000":1,"😀":2,"hasOwnProperty":3,"toString":4,"then":5}',
      '["</script><img onerror=x>","\\u001b[2J","]]--","%s%n","12345678901234567890",1e308,-0]',
      '{"v":2,"name":"other","payload":[1]}',
      "[]",
      "null",
    ];
    const seen: unknown[] = [];
    const look = rlTask("look", (value: unknown) => {
      seen.push(value);
      return value;
    });
    await worker({ concurrency: 1 });
    for (const text of texts) {
      const value = JSON.parse(text);
      assert.equal(JSON.stringify(await look.call(value)), JSON.stringify(value));
    }
    assert.deepEqual(
      seen.map((each) => JSON.stringify(each)),
      texts.map((text) => {
        return JSON.stringify(JSON.parse(text));
      }),
    );
    const [first] = seen as [object];
    assert.deepEqual(Object.keys(first), ["__proto__", "a"]);
    assert.equal((first as { polluted?: unknown }).polluted, undefined);
    assert.equal(({} as { polluted?: unknown }).polluted, undefined);
  }),
);

test(
  "a key that a task makes from its payload is refused without being repeated",
  withRelier(async ({ dump }) => {
    const keyed = rlTask("keyed", { idempotent: (key: string) => key }, (_key: string) => {});
    const before = await dump();
    await assert.rejects(keyed.apush(`${canary}\n`), (error: Error) => {
      assert.match(error.message, /option "idempotent" must return a string of 1 to 512/);
      return error instanceof RangeError && !textOf(error).includes(canary);
    });
    assert.deepEqual(await dump(), before);
  }),
);

test(
  "refusals of Redis, lost calls and conflicts are reported without the payload",
  withRelier(async ({ redis, key, client, queue, pushErrors }) => {
    const said: unknown[] = [];
    const lines = await overheard(async () => {
      const caught = async (run: () => unknown) => {
        await assert.rejects(async () => void await run(), (error) => Boolean(said.push(error)));
      };
      // A key of another type makes the script fail with an error of Redis.
      await redis.set(key("record"), canary);
      await caught(() => take.apush(canary));
      await redis.del(key("record"));
      await take.with({ idempotencyKey: "one" }).apush(canary);
      await caught(() => take.with({ idempotencyKey: "one" }).apush(`${canary}!`));
      const server = new Redis({ host: "127.0.0.1", port: await freePort(), lazyConnect: true });
      const port = ioredis(server, { timeoutMs: 150 });
      const away = client({ redis: port });
      await caught(() => away.apush(take, canary));
      await caught(() => away.push(take, canary));
      await away.close();
      await port.close();
      await caught(() => away.apush(take, canary));
    });
    assert.deepEqual(
      said.map((error) => (error as RelierError).code),
      ["RL_REFUSED", "RL_CONFLICT", "RL_CONNECTION", "RL_CONNECTION", "RL_CONNECTION"],
    );
    assert.equal(pushErrors.length, 1);
    for (const error of [...said, ...pushErrors]) {
      assert.ok(!textOf(error).includes(canary), textOf(error));
    }
    assert.ok(!lines.join("\n").includes(canary));
    assert.equal((await queue.stats()).counts.ready, 1);
  }),
);

test(
  "stored bytes that are no task end in the dead-letter queue, and no error repeats them",
  withRelier(async ({ redis, key, queue, worker, rl }) => {
    const broken = [
      canary,
      `{"v":1,"name":"take-payload","payload":["${canary}"`,
      `{"v":1,"name":"take-payload","payload":${"[".repeat(100)}"${canary}"${"]".repeat(100)}}`,
      `{"v":"1","name":"${canary}","payload":[]}`,
      `{"v":1,"name":"take-payload","taskVersion":"${canary}","payload":[]}`,
      `{"v":1,"name":"take-payload","payload":"${canary}"}`,
      "[]",
      "null",
    ];
    const handles = await take.apushMany(broken.map(() => ["fine"]));
    for (const [i, { id }] of handles.entries()) {
      const local = id.split("~")[2]!;
      await redis.hset(key("task"), local, broken[i]!);
    }
    const { logger, lines: logged } = listeningLogger();
    const lines = await overheard(async () => {
      await worker({ logger });
      for (const [i, { id }] of handles.entries()) {
        await assert.rejects(
          rl.handle(id).result({ timeout: scaled(5_000) }),
          (error: RelierError) => {
            assert.match(error.message, /\(corrupt\)/, broken[i]!);
            return !textOf(error).includes(canary);
          },
        );
        const { error, envelope } = await queue.inspect(id);
        assert.ok(!JSON.stringify(error).includes(canary), JSON.stringify(error));
        assert.equal(envelope, broken[i], "kept as it is");
      }
      assert.equal(await take.call("after it"), "taken");
    });
    assert.deepEqual(lines, []);
    assert.equal(logged.filter(([, { event }]) => event === "dead").length, broken.length);
    assert.ok(!inspect(logged, { depth: 9 }).includes(canary), "its log repeats none of it");
  }),
);
