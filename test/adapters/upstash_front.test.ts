/**
 * The stand-in for Upstash, tested with Upstash's own SDK. It has to answer as Upstash
 * does, or the proofs on it mean nothing.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { Redis } from "@upstash/redis";
import { withFront } from "../support/upstash_bench.ts";

test(
  "the SDK sends a single command, several together, and a transaction, each to its own path",
  withFront(async ({ front: { url, token, requests }, key }) => {
    const redis = new Redis({ url, token, enableAutoPipelining: false });
    assert.equal(await redis.set(key, "é→😀"), "OK");
    assert.equal(await redis.get(key), "é→😀");
    assert.deepEqual(await redis.pipeline().incr(`${key}-n`).get(key).exec(), [1, "é→😀"]);
    assert.deepEqual(await redis.multi().incr(`${key}-n`).incr(`${key}-n`).exec(), [2, 3]);
    assert.deepEqual(requests.map(({ path }) => path), ["/", "/", "/pipeline", "/multi-exec"]);
    await redis.del(key, `${key}-n`);
  }),
);

test(
  "texts are encoded exactly where the SDK expects it",
  withFront(async ({ front: { url, token }, key }) => {
    const raw = async (headers: Record<string, string>, command: readonly string[]) => {
      const authorization = `Bearer ${token}`;
      const init = { method: "POST", headers: { authorization, ...headers } };
      return await (await fetch(url, { ...init, body: JSON.stringify(command) })).json();
    };
    const coded = { "upstash-encoding": "base64" };
    assert.deepEqual(await raw(coded, ["RPUSH", key, "1", "é"]), { result: 2 });
    assert.deepEqual(await raw(coded, ["LRANGE", key, "0", "-1"]), { result: ["MQ==", "w6k="] });
    assert.deepEqual(await raw({}, ["LRANGE", key, "0", "-1"]), { result: ["1", "é"] });
    assert.deepEqual(await raw(coded, ["PING"]), { result: "UE9ORw==" });
    assert.deepEqual(await raw(coded, ["SET", `${key}-s`, "OK"]), { result: "OK" });
    for (const responseEncoding of ["base64", false] as const) {
      const redis = new Redis({ url, token, responseEncoding, automaticDeserialization: false });
      assert.deepEqual(await redis.lrange(key, 0, -1), ["1", "é"], `${responseEncoding}`);
    }
  }),
);

test(
  "a command that Redis refuses fails alone in a pipeline, with the message of Redis",
  withFront(async ({ front: { url, token }, key }) => {
    const redis = new Redis({ url, token, enableAutoPipelining: false });
    await redis.set(key, "a");
    await assert.rejects(redis.lpush(key, "b"), /WRONGTYPE/);
    const replies = await redis.pipeline().lpush(key, "b").append(key, "c")
      .exec({ keepErrors: true });
    assert.match(replies[0]!.error!, /WRONGTYPE/);
    assert.deepEqual([replies[1]!.result, replies[1]!.error], [2, undefined]);
    await assert.rejects(redis.multi().lpush(key, "d").append(key, "e").exec(), /WRONGTYPE/);
    assert.equal(await redis.get(key), "ace", "the rest of a transaction runs");
    await assert.rejects(new Redis({ url, token: "wrong" }).get(key), /WRONGPASS/);
    await assert.rejects(redis.exec(["BLPOP", key, "1"]), /not available/);
  }),
);
