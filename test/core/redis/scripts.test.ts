/**
 * Properties of every script: it declares its keys, refuses an unknown layout, works on
 * a full Redis, and tolerates missing data.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { connect } from "../../../adapters/ioredis.ts";
import { type KeyName, keyOf, partitionOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { call, type Script } from "../../../core/redis/call.ts";
import { callEach } from "../../../core/redis/call_each.ts";
import { noLossDetection } from "../../../core/redis/loss_detector.ts";
import * as scripts from "../../support/scripts.ts";
import { states } from "../../../core/states.ts";
import { RelierError } from "../../../mod.ts";
import { Redis } from "ioredis";
import { movesAt } from "../../support/moves.ts";
import { startRedis } from "../../support/redis.ts";
import { withRelier } from "../../support/relier.ts";

const all = Object.values(scripts) as unknown as Script<
  Record<string, unknown>,
  Record<string, unknown>,
  readonly [string, string, number]
>[];

test("every script is known by the hash of its assembled text", () => {
  for (const { name, sha, source } of all) {
    assert.equal(createHash("sha1").update(source).digest("hex"), sha, name);
  }
});

test(
  "the text of a script is assembled only for a server that does not know it",
  withRelier(async ({ moves }) => {
    let read = 0;
    const source = `return "${randomLocal()}"`;
    const program = {
      name: "probe",
      sha: createHash("sha1").update(source).digest("hex"),
      get source() {
        read++;
        return source;
      },
    };
    for (let i = 0; i < 5; i++) await moves.caller.port.run(program, [], []);
    assert.equal(read, 1);
  }),
);

test("a script uses only keys that it declares", () => {
  for (const { name, keys, source } of all) {
    const local = /^local KEY = \{ (.*) \}$/m.exec(source)![1]!;
    const named = new Set(
      [...local.matchAll(/(\w+) = KEYS\[(?:at \+ )?(\d+)\]/g)].map(([, key]) => key),
    );
    assert.deepEqual([...named], [...keys], name);
    for (const [, used] of source.matchAll(/\bKEY\.(\w+)/g)) {
      if (source.includes(`KEY.${used} and`) || aboutOnly(source, used!)) continue;
      assert.ok(named.has(used!), `${name} uses KEY.${used}`);
    }
    if (/\bSTATES\b/.test(source)) {
      for (const state of Object.keys(states)) assert.ok(named.has(state), `${name}: ${state}`);
    }
  }
});

/** Checks that a key is only mentioned in the table of hashes, where an undeclared one is nil. */
function aboutOnly(source: string, key: string): boolean {
  const mentions = [...source.matchAll(new RegExp(`\\bKEY\\.${key}\\b`, "g"))].length;
  return mentions === 1 && new RegExp(`\\b${key}=KEY\\.${key}\\b`).test(source);
}

test("every key of a call shares one hash tag, so a cluster keeps them in one slot", () => {
  const partition = partitionOf("mail.eu-1", 3, "app");
  for (const { name, keys } of all) {
    assert.ok(keys.length > 0, name);
    const tags = new Set(keys.map((key) => /\{(.+?)\}/.exec(keyOf(partition, key))?.[1]));
    assert.deepEqual([...tags], ["mail.eu-1~3"], name);
  }
});

test("no script reads another clock, makes its own randomness, or decodes a payload", () => {
  // Only the history of a queue expires by itself: it is not part of any task.
  const ending = 'redis.call("PEXPIRE",ring.key,ring.keepMs)';
  for (const { name, source: whole } of all) {
    const source = whole.replace(ending, "");
    assert.doesNotMatch(source, /math\.random|cjson|os\.(time|clock)|EXPIRE/i, name);
    assert.doesNotMatch(source, /\bwhile\b|\brepeat\b/, `${name} has an unbounded loop`);
    assert.doesNotMatch(source, /"(KEYS|SMEMBERS|FLUSHALL|FLUSHDB)"/, name);
  }
});

test(
  "every script refuses an unknown newer layout before it changes anything",
  withRelier(async (lab) => {
    const { moves, redis, key, partition } = lab;
    await moves.push();
    await redis.hset(key("meta"), "schema", "2");
    const before = await lab.dump();
    for (const script of all) {
      const args = Object.fromEntries(script.args.map((name) => [name, "1"]));
      const row = Object.fromEntries(script.row.map((name) => [name, "1"]));
      const { caller } = moves;
      await assert.rejects(
        script.name === "look"
          ? callEach(caller, [partition], scripts.look)
          : call(caller, partition, script, args, script.row.length ? [row] : []),
        (error) => RelierError.is(error, "RL_SCHEMA_VERSION") && /version 2/.test(error.message),
        script.name,
      );
    }
    assert.deepEqual(await lab.dump(), before);
    await redis.hset(key("meta"), "schema", "1");
  }),
);

test("every script works on a full Redis but those that add a task, which change nothing", async () => {
  const server = await startRedis({ args: ["--maxmemory-policy", "noeviction"] });
  const redis = new Redis(server.url);
  const port = connect(server.url);
  try {
    const partition = partitionOf("default", 0, "full");
    const moves = movesAt({ port, lossDetector: noLossDetection }, partition, redis);
    for (let i = 0; i < 12; i++) await moves.push();
    const delayed = await moves.push({ delayMs: 1 });
    const waiting = await moves.push({ delayMs: 3_600_000 });
    const early = await moves.push({ delayMs: 3_600_000 });
    const held = randomLocal();
    await moves.lock(held, held);
    // Every script is loaded before memory is full, because a load needs some.
    for (const { source } of all) await redis.script("LOAD", source);
    await redis.config("SET", "maxmemory", "1");

    const before = await redis.hgetall(keyOf(partition, "meta"));
    await assert.rejects(moves.push(), /OOM/);
    await assert.rejects(moves.pushRows([{ id: held }, {}]), /OOM/);
    await assert.rejects(moves.restore(), /OOM/);
    assert.deepEqual(await redis.hgetall(keyOf(partition, "meta")), before);

    const { tasks } = await moves.turn({ slots: 9 });
    assert.equal(tasks.length, 9);
    const events = ["complete", "retry", "bury", "defer", "handoff", "stop"] as const;
    for (const [i, event] of events.entries()) {
      assert.equal(await moves.settle(tasks[i]!, event), true, event);
    }
    assert.equal(await moves.step(tasks[6]!), "ok");
    assert.deepEqual((await moves.beat("w1", [tasks[6]!])).lost, []);
    assert.equal(await moves.cancel(waiting), "cancelled");
    assert.deepEqual(await moves.promote([early]), []);
    for (
      const [script, args] of [
        [scripts.commandWorker, { worker: "w1", order: "token pause" }],
        [scripts.pause, { field: "closed", reason: "full" }],
        [scripts.resume, {}],
        [scripts.registerQueue, { queue: "default" }],
      ] as const
    ) {
      assert.equal(
        (await call(moves.caller, partition, script as never, args))[0],
        "ok",
        script.name,
      );
    }
    assert.equal(await moves.cancel(tasks[6]!.id), "asked");
    assert.deepEqual(await moves.release([tasks[2]!.id]), []);
    assert.equal(Object.keys(await moves.crash("w1")).length, 2);
    assert.equal((await moves.facts(tasks[6]!.id)).state, "cancelled");
    assert.deepEqual((await moves.facts(delayed)).state, "ready");
    const again = await moves.claim();
    await moves.settle(again, "bury");
    assert.deepEqual(await moves.discard([again.id]), []);
    assert.equal((await moves.lock(held, held))[0], "ok");
    assert.equal(await moves.unlock(held, held), "ok");
    assert.equal((await moves.lock(randomLocal(), randomLocal()))[0], "ok");
    await call(moves.caller, partition, scripts.taskStatus, { channel: "@c" }, [{
      id: tasks[4]!.id,
    }]);

    await call(moves.caller, partition, scripts.setLimits, {}, [{ name: "depth", value: "500" }]);

    await redis.config("SET", "maxmemory", "0");
    await moves.push();
  } finally {
    await port.close();
    redis.disconnect();
    await server.kill();
  }
});

for (const gone of [["task"], ["task", "record"]] as KeyName[][]) {
  for (const state of ["ready", "scheduled"] as const) {
    test(
      `a ${state} task whose ${gone.join(" and ")} were deleted by hand blocks no other task`,
      withRelier(async (lab) => {
        const { moves, redis, key } = lab;
        const id = await moves.push({ delayMs: state === "scheduled" ? 60_000 : 0 });
        for (const hash of gone) await redis.hdel(key(hash), id);
        const next = await moves.push();
        if (state === "scheduled") await moves.age("scheduled", id, -1);
        await moves.sweep();
        assert.equal((await moves.turn({ slots: 2 })).tasks.at(-1)?.id, next);
        await moves.turn({ slots: 2 });
        assert.equal((await moves.facts(id)).state, "");
        assert.equal((await lab.queue.stats()).events["orphan"], 1);
      }),
    );
  }
}

test(
  "a running task whose record was deleted by hand does not stop a sweep",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    const { tasks: [broken, sound] } =
      await (await moves.push(), await moves.push(), moves.turn({ slots: 2 }));
    await redis.hdel(key("record"), broken!.id);
    assert.equal(Object.keys(await moves.crash("w1")).length, 1);
    assert.equal((await moves.facts(sound!.id)).state, "scheduled");
    lab.expectBroken(new RegExp(broken!.id));
  }),
);

test(
  "a key of another type is noticed before anything is written",
  withRelier(async (lab) => {
    const { moves, redis, key } = lab;
    await moves.push();
    await redis.lpush(key("record"), "not a hash");
    const before = await lab.dump();
    await assert.rejects(moves.push(), /WRONGTYPE/);
    await assert.rejects(moves.turn({ slots: 1 }), /WRONGTYPE/);
    assert.deepEqual(await lab.dump(), before);
    await redis.del(key("record"));
  }),
);
