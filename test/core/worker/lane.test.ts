/**
 * The quarantine lane: a suspect runs alone where it can, and stops neither its queue nor
 * another one. Tasks that die beside a suspect are not charged for it.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { parseId } from "../../../core/protocol/keys.ts";
import { rlTask } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import type { Moves } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const quick = rlTask("lane-quick", () => "done");
const finish = new Set<() => void>();
const long = rlTask("lane-long", () => new Promise<void>((resolve) => finish.add(resolve)));

function finishAll(): void {
  for (const end of finish) end();
  finish.clear();
}

/** Claims of a worker that has other tasks, of this queue or of another. */
const busy = (moves: Moves, worker: string, slots = 5) => moves.turn({ worker, slots, empty: 0 });

test(
  "a suspect is run by the worker that is empty, though another one waits for it",
  withRelier(async ({ moves }) => {
    const id = await moves.suspect(await moves.push(), 1, "victim");
    assert.equal((await busy(moves, "keeper")).lane, "wait");
    const { lane, tasks } = await moves.turn({ worker: "idle", slots: 5 });
    assert.deepEqual([lane, tasks.map((task) => task.id)], ["solo", [id]]);
  }),
);

test(
  "a worker stops claiming for a suspect for a second at most, and not once it is gone",
  withRelier(async ({ moves }) => {
    const id = await moves.suspect(await moves.push(), 1, "victim");
    const [other, more] = [await moves.push(), await moves.push()];
    assert.equal((await busy(moves, "keeper")).lane, "wait");
    assert.deepEqual((await busy(moves, "second", 1)).tasks.map((task) => task.id), [other]);
    await moves.age("quarantined", id, -1000);
    const later = await busy(moves, "keeper", 1);
    assert.deepEqual([later.lane, later.tasks.map((task) => task.id)], ["", [more]]);
    await moves.age("quarantined", id, -1);
    assert.equal((await busy(moves, "keeper")).lane, "wait");
    await moves.cancel(id);
    assert.equal((await busy(moves, "keeper")).lane, "");
  }),
);

test(
  "a suspect that is due for 30 s runs beside other tasks, but not beside another suspect",
  withRelier(async ({ moves }) => {
    const first = await moves.suspect(await moves.push(), -60_000, "victim");
    const second = await moves.suspect(await moves.push(), -60_000, "victim");
    await moves.age("quarantined", first, -30_000);
    const { lane, tasks } = await busy(moves, "full");
    assert.deepEqual([lane, tasks.map(({ id }) => id)], ["solo", [first]]);
    await moves.age("quarantined", second, -30_000);
    assert.deepEqual((await busy(moves, "full")).tasks, []);
    assert.deepEqual((await busy(moves, "other")).tasks.map(({ id }) => id), [second]);
  }),
);

test(
  "a lane that was kept before the clock was set back binds no worker",
  withRelier(async ({ moves, redis, key }) => {
    await moves.suspect(await moves.push(), 1, "victim");
    const ahead = String(await moves.now() + 3_600_000);
    await redis.hset(key("meta"), "lane", "gone", "laneUntil", ahead);
    assert.equal((await busy(moves, "keeper")).lane, "wait");
  }),
);

test(
  "tasks that die beside a suspect are not charged, and the suspect is",
  withRelier(async ({ moves }) => {
    const id = await moves.suspect(await moves.push(), 30_000, "victim");
    const neighbours = [await moves.push(), await moves.push()];
    // The first claim is answered by the suspect alone.
    for (let i = 0; i < 2; i++) await busy(moves, "shared");
    await moves.crash("shared", "SIGKILL");
    for (const neighbour of neighbours) {
      const { state, crashes, lost, reason } = await moves.facts(neighbour);
      assert.deepEqual([state, crashes, lost, reason], ["scheduled", undefined, "1", "SIGKILL"]);
    }
    assert.deepEqual((await moves.facts(id)).crashes, "3");
  }),
);

test(
  "a task is charged again for its worker once the suspect beside it is over",
  withRelier(async ({ moves }) => {
    await moves.suspect(await moves.push(), 30_000, "victim");
    const neighbour = await moves.push();
    const { tasks } = await busy(moves, "shared");
    await busy(moves, "shared");
    await moves.settle(tasks[0]!, "complete");
    await moves.crash("shared");
    assert.equal((await moves.facts(neighbour)).crashes, "1");
  }),
);

test(
  "a task that dies beside suspects again and again is charged every third time",
  withRelier(async ({ moves, redis, key }) => {
    const neighbour = await moves.push();
    for (const charged of [undefined, undefined, "1"]) {
      const id = await moves.suspect(await moves.push({ priority: 9 }), 30_000, "victim");
      for (let i = 0; i < 2; i++) await busy(moves, "shared");
      await moves.crash("shared");
      assert.equal((await moves.facts(neighbour)).crashes, charged);
      await moves.cancel(id);
      await moves.age("scheduled", neighbour, -1);
      await moves.sweep();
    }
    assert.equal(await redis.zcard(key("running")), 0);
  }),
);

/** Makes `handle` a suspect that is due, before any worker runs. */
async function suspected({ moves }: Lab, handle: { readonly id: string }): Promise<void> {
  const id = await moves.suspect(parseId(handle.id)!.local, -60_000, "victim");
  assert.equal((await moves.facts(id)).state, "quarantined");
}

test(
  "a suspect that waits for the only worker stops neither its queue nor another one",
  withRelier(async (lab) => {
    const { rl, moves } = lab;
    const handle = await rl.apush(quick);
    await suspected(lab, handle);
    await lab.worker({ concurrency: 10, queues: ["default", "other"] });
    const running = await rl.apush(long);
    await until("it is busy", () => finish.size === 1);
    await moves.age("quarantined", parseId(handle.id)!.local, -1);
    await moves.sweep();
    for (const queue of ["default", "other"]) {
      const began = performance.now();
      await (await quick.with({ queue }).apush()).result({ timeout: "10s" });
      const took = performance.now() - began;
      assert.ok(took < scaled(3000), `a task of ${queue} took ${took} ms`);
    }
    assert.equal((await handle.status()).state, "quarantined");
    // As after half a minute.
    await moves.age("quarantined", parseId(handle.id)!.local, -30_000);
    await handle.result({ timeout: "10s" });
    assert.equal((await running.status()).state, "running");
    finishAll();
    await running.result();
  }),
);

test(
  "a worker goes on with its queue while it runs a suspect that takes long",
  withRelier(async (lab) => {
    const handle = await lab.rl.apush(long);
    await suspected(lab, handle);
    await lab.moves.age("quarantined", parseId(handle.id)!.local, -1);
    await lab.worker({ concurrency: 2 });
    await until("it runs", () => finish.size === 1);
    const other = await lab.rl.apush(quick);
    assert.equal(await other.result({ timeout: "10s" }), "done");
    assert.equal((await handle.status()).state, "running");
    finishAll();
    await handle.result();
  }),
);
