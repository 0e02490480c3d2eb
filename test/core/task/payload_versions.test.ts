/**
 * Old and new code at the same time. Older payloads are migrated; newer ones and
 * unknown tasks wait without blocking the queue. Unreadable bytes are kept.
 *
 * @module
 */

import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { idOf } from "../../../core/protocol/keys.ts";
import { rlTask, type Task } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const v1 = rlTask("greet", (name: string) => `v1 ${name}`);
const migrate = {
  1: ([name]: [string]) => [{ name }],
  2: async ([{ name }]: [{ name: string }]) => await Promise.resolve([{ first: name, last: "?" }]),
};
const v2 = rlTask(
  "greet",
  { replace: true, version: 2, migrate: { 1: migrate[1] } },
  (who: { name: string }) => `v2 ${who.name}`,
);
const v3 = rlTask(
  "greet",
  { replace: true, version: 3, migrate },
  (who: { first: string; last: string }) => `v3 ${who.first} ${who.last}`,
);
const other = rlTask("other-version", (n: number) => n);

/** A client that knows only one version, as a separate process would. */
function knowing(lab: Lab, ...tasks: Task[]): ReturnType<Lab["client"]> {
  return lab.client({ tasks });
}

test(
  "a payload of version 1 is migrated for a worker that knows version 3, step by step",
  withRelier(async (lab) => {
    const old = knowing(lab, v1);
    const handle = await old.apush(v1, "Ada");
    assert.doesNotMatch((await lab.queue.inspect(handle.id)).envelope, /taskVersion/);
    await lab.worker({}, knowing(lab, v3));
    assert.equal(await handle.result(), "v3 Ada ?");
  }),
);

test(
  "a newer payload waits for a newer worker, and the tasks behind it continue",
  withRelier(async (lab) => {
    const producer = knowing(lab, v3, other);
    const newer = await producer.apush(v3, { first: "Ada", last: "L" });
    const behind = await producer.apush(other, 7);
    await lab.worker({ concurrency: 1 }, knowing(lab, v2, other));
    assert.equal(await behind.result(), 7);
    await until("it is deferred", async () => (await newer.status()).state === "scheduled");
    const status = await newer.status();
    assert.match(status.reason!, /version 3, this worker knows 2/);
    assert.equal(status.attempt, 1, "it is no failure");
    const local = newer.id.split("~")[2]!;
    const due = Number((await lab.moves.facts(local)).score) - await lab.moves.now();
    assert.ok(due > 4000 && due <= 5000, `it is tried again in ${due} ms`);
    await lab.worker({}, knowing(lab, v3));
    for (const deadline = performance.now() + 8000; performance.now() < deadline;) {
      await lab.moves.age("scheduled", local, -1);
      if ((await newer.status()).state === "completed") break;
    }
    assert.equal(await newer.result({ timeout: scaled(1_000) }), "v3 Ada L");
  }),
);

test(
  "an envelope newer than the worker is deferred, not destroyed",
  withRelier(async (lab) => {
    const envelope = '{"v":2,"name":"other-version","payload":[1],"future":true}';
    const local = await lab.moves.push({ envelope });
    await lab.worker();
    await until("it is deferred", async () => (await lab.moves.facts(local)).state === "scheduled");
    assert.match((await lab.moves.facts(local)).reason!, /envelope is newer/);
    assert.equal((await lab.queue.inspect(idOf(lab.partition, local))).envelope, envelope);
  }),
);

test(
  "deferring doubles from 5 s to a minute, and is charged to no task",
  withRelier(async (lab) => {
    const local = await lab.moves.push({ envelope: '{"v":1,"name":"nobody-knows","payload":[]}' });
    const waits: number[] = [];
    await lab.worker({ phoenix: false });
    for (let n = 1; n <= 6; n++) {
      await until(
        "it is deferred",
        async () => (await lab.moves.facts(local)).deferrals === String(n),
      );
      const facts = await lab.moves.facts(local);
      waits.push(Math.round((Number(facts.score) - await lab.moves.now()) / 1000));
      assert.equal(facts.failures, undefined);
      await lab.moves.age("scheduled", local, -1);
      await lab.moves.sweep();
    }
    assert.deepEqual(waits, [5, 10, 20, 40, 60, 60]);
  }),
);

test(
  "a task that no worker knows for an hour is unroutable, and is kept with its payload",
  withRelier(async (lab) => {
    const envelope = '{"v":1,"name":"nobody-knows","payload":["kept"]}';
    const id = idOf(lab.partition, await lab.moves.push({ envelope }));
    const w = await lab.worker();
    let deferred = 0;
    w.on("deferred", () => deferred++);
    await until(
      "it is deferred",
      async () => (await lab.rl.handle(id).status()).state === "scheduled",
    );
    await defer(lab, id.split("~")[2]!, 3_600_000);
    await lab.moves.age("scheduled", id.split("~")[2]!, -1);
    await assert.rejects(lab.rl.handle(id).result({ timeout: scaled(5_000) }), {
      reason: "unroutable",
    });
    assert.equal((await lab.queue.inspect(id)).envelope, envelope);
  }),
);

/** Moves the first deferral of a task `ms` into the past. */
async function defer({ redis, key }: Lab, local: string, ms: number): Promise<void> {
  const source = `local record = cmsgpack.unpack(redis.call("HGET", KEYS[1], ARGV[1]))
    record.deferredAt = record.deferredAt - ARGV[2]
    redis.call("HSET", KEYS[1], ARGV[1], cmsgpack.pack(record))`;
  await redis.eval(source, 1, key("record"), local, ms);
}

const bytes = (...parts: (string | number)[]): Uint8Array =>
  Uint8Array.from(
    parts.flatMap((part) =>
      typeof part === "number" ? [part] : [...new TextEncoder().encode(part)]
    ),
  );

const corrupt: Readonly<Record<string, Uint8Array>> = {
  "no JSON": bytes("not json"),
  "JSON that was cut": bytes('{"v":1,"name":"greet","payl'),
  "invalid UTF-8": bytes('{"v":1,"name":"x","payload":["', 0xff, 0x00, 0xfe, '"]}'),
  "nothing at all": bytes(""),
  "no version": bytes('{"name":"greet","payload":[]}'),
  "a version that is text": bytes('{"v":"1","name":"greet","payload":[]}'),
  "a negative version": bytes('{"v":-1,"name":"greet","payload":[]}'),
  "a broken task version": bytes('{"v":1,"name":"greet","taskVersion":1.5,"payload":[]}'),
  "a payload that is no list": bytes('{"v":1,"name":"other-version","payload":{"a":1}}'),
  "a hundred thousand levels": bytes(
    '{"v":1,"name":"other-version","payload":' + "[".repeat(100_000),
  ),
  "null": bytes("null"),
};

for (const [what, raw] of Object.entries(corrupt)) {
  test(
    `an envelope that is ${what} is in the dead-letter queue, byte for byte`,
    withRelier(async (lab) => {
      const local = await lab.moves.push();
      await lab.redis.hset(lab.key("task"), local, Buffer.from(raw));
      const behind = await other.apush(1);
      await lab.worker({ concurrency: 1 });
      await assert.rejects(lab.rl.handle(idOf(lab.partition, local)).result(), {
        reason: "corrupt",
      });
      assert.equal(await behind.result(), 1);
      const kept = await lab.redis.hgetBuffer(lab.key("task"), local);
      assert.deepEqual([...kept!], [...raw]);
      await lab.queue.release([idOf(lab.partition, local)]);
      await assert.rejects(lab.rl.handle(idOf(lab.partition, local)).result(), {
        reason: "corrupt",
      });
      assert.deepEqual(
        [...(await lab.redis.hgetBuffer(lab.key("task"), local))!],
        [...raw],
        "released, too",
      );
    }),
  );
}

test(
  "a migration that throws or never ends leaves the task dead with its original payload",
  withRelier(async (lab) => {
    const never = new Promise<never>(() => {});
    const bad = {
      throws: () => {
        throw new Error("cannot read it");
      },
      hangs: () => never,
    };
    await Promise.all(
      Object.entries(bad).map(async ([name, step]) => {
        rlTask(`migration-${name}`, { version: 2, migrate: { 1: step } }, (_: unknown) => 1);
        const envelope = `{"v":1,"name":"migration-${name}","payload":["old"]}`;
        const id = idOf(lab.partition, await lab.moves.push({ envelope }));
        if (name === "throws") await lab.worker();
        const error = name === "throws" ? /cannot read it/ : /took over 5000 ms/;
        await assert.rejects(lab.rl.handle(id).result({ timeout: scaled(9_000) }), {
          reason: "migration",
          message: error,
        });
        assert.equal((await lab.queue.inspect(id)).envelope, envelope);
      }),
    );
  }),
);

test(
  "a migration without a list of arguments is corrupt, not a crash",
  withRelier(async (lab) => {
    rlTask("migration-wrong", { version: 2, migrate: { 1: () => "no list" } }, (_: unknown) => 1);
    const envelope = '{"v":1,"name":"migration-wrong","payload":["old"]}';
    const id = idOf(lab.partition, await lab.moves.push({ envelope }));
    await lab.worker();
    await assert.rejects(lab.rl.handle(id).result(), { reason: "corrupt" });
  }),
);
