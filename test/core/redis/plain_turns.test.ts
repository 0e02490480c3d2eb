/**
 * Plain turns and pushes: the short path of most calls. It leaves what the general path
 * leaves, and hands over every call that is not plain before it writes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type KeyName, partitionOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { states, type TaskState } from "../../../core/states.ts";
import type { Moves } from "../../support/moves.ts";
import { movesAt } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

/** The trace of a row that no turn has: only the general path reads traces. */
const general = "999:none";

/** A settlement that a plain turn takes. */
function completed({ id, nonce }: { id: string; nonce: string }, text = '"done"') {
  return {
    id,
    nonce,
    event: "complete",
    ms: 60_000,
    text,
    error: "",
    partial: "",
    name: "by-hand",
  };
}

/** Makes a delayed task ready, as a sweep does; resolves to its id. */
async function promoted(moves: Moves, row: Parameters<Moves["push"]>[0] = {}): Promise<string> {
  const id = await moves.push({ ...row, delayMs: 1 });
  await until("it is ready", async () => {
    await moves.sweep();
    return (await moves.facts(id)).state === "ready";
  });
  return id;
}

/** Pushes, claims and completes tasks; resolves to what is left after each turn. */
async function life(
  { rl }: Lab,
  moves: Moves,
  queue: string,
  traces: string,
): Promise<unknown[]> {
  const ids = ["a", "b", "c", "d", "e", "f"].map((name) => name.repeat(22));
  for (const [i, id] of ids.slice(0, 4).entries()) {
    await moves.push({ id, priority: i === 1 ? 7 : 0, delayMs: i === 3 ? 3_600_000 : 0 });
  }
  for (const [i, id] of ids.slice(4).entries()) await promoted(moves, { id, priority: 5 * i });
  const seen: unknown[] = [];
  const look = async (): Promise<void> => {
    const { counts, events } = await rl.queue(queue).stats();
    const lists: Record<string, unknown> = {};
    for (const state of Object.keys(states) as TaskState[]) {
      const { tasks } = await rl.queue(queue).page(state);
      lists[state] = tasks.map(({ id }) => id.slice(-22));
    }
    const facts = await Promise.all(ids.map((id) => moves.facts(id)));
    seen.push({ counts, events, lists, facts: facts.map(timeless) });
  };
  const first = await moves.turn({ slots: 3, traces });
  await look();
  const second = await moves.turn({ slots: 3, traces, rows: first.tasks.map((t) => completed(t)) });
  await look();
  const last = await moves.turn({ traces, rows: second.tasks.map((t) => completed(t, "")) });
  await look();
  seen.push([first, second, last].map(({ tasks, stale, lane, nextMs }) => [
    tasks.map((
      { id, envelope, started, again, readyAt },
    ) => [id, envelope, started, again, readyAt && readyAt > 0]),
    stale,
    lane,
    nextMs > 0,
  ]));
  return seen;
}

/** The facts of a task without those that differ from call to call. */
function timeless(facts: object): Record<string, unknown> {
  const times = ["pushedAt", "readyAt", "since", "ended", "score", "fence"];
  return Object.fromEntries(
    Object.entries(facts).map(([name, value]) => [name, times.includes(name) ? "a time" : value]),
  );
}

test(
  "a plain turn and a general one leave the same lists, the same statistics and the same tasks",
  withRelier(async (lab) => {
    const other = partitionOf("other", 0, lab.prefix);
    const plain = await life(lab, lab.moves, "default", "");
    const full = await life(lab, movesAt(lab.moves.caller, other, lab.redis), "other", general);
    assert.deepEqual(plain, full);
  }),
);

for (const [traces, plain] of [["", true], [general, false]] as const) {
  test(
    `a record is ${plain ? "" : "not "}plain after a ${plain ? "plain" : "general"} turn`,
    withRelier(async ({ moves, redis, key }) => {
      await moves.push();
      const { tasks: [claim] } = await moves.turn({ slots: 1, traces });
      const [mark] = (await redis.hgetBuffer(key("record"), claim!.id))!;
      assert.equal(mark === 0xde, plain);
    }),
  );
}

test(
  "a task that was scheduled is claimed and completed plainly, and leaves no trace of its delay",
  withRelier(async ({ moves, redis, key }) => {
    const markOf = async (id: string) => (await redis.hgetBuffer(key("record"), id))!;
    const id = await promoted(moves, { priority: 9 });
    const { tasks: [claim] } = await moves.turn({ slots: 1 });
    const due = claim!.readyAt!;
    assert.ok(due > 0 && due <= await moves.now());
    assert.equal((await markOf(id))[0], 0xde);
    assert.deepEqual((await moves.turn({ rows: [completed(claim!)] })).stale, []);
    const record = await markOf(id);
    assert.equal(record[0], 0x80 + 11, "a map of eleven fields, with the priority");
    assert.equal(record.includes("readyAt"), false);
  }),
);

for (const traces of ["", general]) {
  test(
    `a hundred tasks at once run, and complete, in a ${traces ? "general" : "plain"} turn`,
    withRelier(async ({ moves, queue }) => {
      await moves.pushRows(Array.from({ length: 100 }, () => ({})));
      const { tasks } = await moves.turn({ slots: 100, traces });
      assert.equal((await queue.stats()).counts.running, 100);
      const rows = tasks.map((task) => completed(task));
      assert.deepEqual((await moves.turn({ rows, traces })).stale, []);
      const { running, completed: over } = (await queue.stats()).counts;
      assert.deepEqual([running, over], [0, 100]);
    }),
  );
}

test(
  "a plain turn that comes again returns the same tasks, and completes none twice",
  withRelier(async ({ moves, queue, dump }) => {
    for (let i = 0; i < 6; i++) await moves.push();
    const { tasks } = await moves.turn({ slots: 2 });
    const turn = { nonce: randomLocal(), slots: 2, rows: tasks.map((task) => completed(task)) };
    const first = await moves.turn(turn);
    const between = await dump();
    assert.deepEqual(await moves.turn(turn), first);
    assert.deepEqual(await dump(), between);
    assert.equal((await queue.stats()).events["complete"], 2);
  }),
);

test(
  "a turn that turns out not to be plain has changed nothing before, and counts each task once",
  withRelier(async ({ moves, queue, redis, key }) => {
    await moves.push();
    const claim = await moves.claim();
    const broken = await moves.push();
    const next = await moves.push();
    await redis.hdel(key("task"), broken);
    const { tasks, stale } = await moves.turn({ slots: 2, rows: [completed(claim)] });
    assert.deepEqual([tasks.map(({ id }) => id), stale], [[next], []]);
    const { events } = await queue.stats();
    assert.deepEqual([events["complete"], events["claim"], events["orphan"]], [1, 2, 1]);
  }),
);

test(
  "a task that comes twice in one turn is completed once",
  withRelier(async ({ moves, queue }) => {
    await moves.push();
    const claim = await moves.claim();
    const { stale } = await moves.turn({ rows: [completed(claim), completed(claim)] });
    assert.deepEqual(stale, []);
    assert.equal((await queue.stats()).events["complete"], 1);
  }),
);

test(
  "one result of a lost claim is refused, and the others of its turn are stored",
  withRelier(async ({ moves }) => {
    await moves.push();
    await moves.push();
    const { tasks: [held, lost] } = await moves.turn({ slots: 2 });
    const rows = [completed(held!), completed({ ...lost!, nonce: randomLocal() })];
    assert.deepEqual((await moves.turn({ rows })).stale, [lost!.id]);
    assert.equal((await moves.facts(held!.id)).state, "completed");
    assert.equal((await moves.facts(lost!.id)).state, "running");
  }),
);

test(
  "a result is refused of the claim before the task was cancelled and pushed again",
  withRelier(async ({ moves }) => {
    const id = await moves.push();
    const old = await moves.claim();
    await moves.cancel(id);
    await moves.settle(old, "stop");
    await moves.push({ id });
    await moves.push();
    await moves.claim("w2");
    assert.equal(await moves.settle(old, "complete"), false);
    assert.equal((await moves.facts(id)).state, "running");
  }),
);

test(
  "a completed task keeps no step and no partial result",
  withRelier(async ({ moves, tasks }) => {
    await moves.push();
    const claim = await moves.claim();
    await moves.step(claim);
    await moves.beat("w1", [{ ...claim, partial: "half" }]);
    assert.equal(await moves.settle(claim, "complete"), true);
    assert.deepEqual(
      Object.keys(await tasks()).map((key) => key.split(":")[1]).sort(),
      ["completed", "record"],
    );
  }),
);

const written: Record<"turn" | "push" | "push_plain", readonly KeyName[]> = {
  turn: ["ready", "running", "completed", "holds", "task", "record", "workers", "worker", "bell"],
  push: ["ready", "task", "record", "bell"],
  push_plain: ["ready", "task", "record", "bell"],
};
for (const [what, keys] of Object.entries(written)) {
  for (const broken of keys) {
    test(
      `a ${what} changes nothing when "${broken}" is a key of another type`,
      withRelier(async (lab) => {
        const { moves, redis, key } = lab;
        for (let i = 0; i < 5; i++) await moves.push();
        const claim = await moves.claim("w2");
        await redis.del(key(broken));
        if (broken === "bell") await redis.hset(key(broken), "not", "a list");
        else await redis.rpush(key(broken), "neither a hash nor a set");
        const before = await lab.dump();
        const turn = { worker: "w2", call: "1", slots: 2, rows: [completed(claim)] };
        const calls = {
          turn: () => moves.turn(turn),
          push: () => moves.push(),
          push_plain: () => moves.pushPlain([{}]),
        };
        await assert.rejects(calls[what as keyof typeof calls], /WRONGTYPE/);
        assert.deepEqual(await lab.dump(), before);
        await redis.del(key(broken));
        lab.expectBroken(/./);
      }),
    );
  }
}
