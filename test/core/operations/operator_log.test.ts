/**
 * The log of operators is stored beside the tasks: operator, action, target and time.
 * It keeps the latest entries in bounded space.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { call } from "../../../core/redis/call.ts";
import { internalsOf } from "../../../core/client/create_relier.ts";
import { keyOf, partitionOf } from "../../../core/protocol/keys.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { recordAction } from "../../support/scripts.ts";

const act = { actor: "ada", action: "queue.pause", target: "mails", surface: "test" } as const;

function keyOfActions({ prefix }: Lab): string {
  return keyOf(partitionOf("relier.queues", 0, prefix), "actions");
}

test(
  "actions of operators are listed page by page, the last first",
  withRelier(async ({ rl }) => {
    assert.deepEqual(await rl.actions(), { actions: [], cursor: null });
    for (let i = 1; i <= 5; i++) await rl.recordAction({ ...act, target: `mails-${i}` });
    const first = await rl.actions({ limit: 3 });
    assert.deepEqual(first.actions.map(({ target }) => target), ["mails-5", "mails-4", "mails-3"]);
    const { at, ...entry } = first.actions[0]!;
    assert.deepEqual(entry, { ...act, target: "mails-5" });
    assert.ok(at instanceof Date && at.getTime() > 1.7e12);
    const rest = await rl.actions({ limit: 3, cursor: first.cursor! });
    assert.deepEqual(rest.actions.map(({ target }) => target), ["mails-2", "mails-1"]);
    assert.equal(rest.cursor, null);
  }),
);

test(
  "an action that a client sends twice is recorded once",
  withRelier(async ({ rl }) => {
    const { registry } = internalsOf(rl);
    const entry = JSON.stringify(["token", "ada", "queue.pause", "mails", "test"]);
    for (let i = 0; i < 2; i++) {
      await call(registry.caller, registry.partition, recordAction, { entry });
    }
    assert.equal((await rl.actions()).actions.length, 1);
  }),
);

test(
  "only the last 10,000 actions are recorded",
  withRelier(async (lab) => {
    const key = keyOfActions(lab);
    const old = Array.from(
      { length: 10_000 },
      (_, i) => [i, JSON.stringify([i, "a", "b", "c", "d"])],
    );
    await lab.redis.zadd(key, ...old.flat() as string[]);
    await lab.rl.recordAction(act);
    assert.equal(await lab.redis.zcard(key), 10_000);
    assert.equal((await lab.rl.actions({ limit: 1 })).actions[0]!.actor, "ada");
  }),
);

test(
  "an action without an actor, with another field or with an invalid page changes nothing",
  withRelier(async (lab) => {
    for (
      const bad of [
        { ...act, actor: "" },
        { ...act, action: "x".repeat(65) },
        { ...act, target: "a\nb" },
        { ...act, payload: 1 },
        { actor: "ada" },
        null,
      ]
    ) {
      await assert.rejects(lab.rl.recordAction(bad as never), (error) => {
        assert.ok(error instanceof TypeError || error instanceof RangeError, String(error));
        return true;
      });
    }
    await assert.rejects(lab.rl.actions({ cursor: "x" }), RangeError);
    await assert.rejects(lab.rl.actions({ limit: 201 }), RangeError);
    assert.equal(await lab.redis.exists(keyOfActions(lab)), 0);
  }),
);
