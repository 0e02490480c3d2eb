/**
 * The answer `true` to a cancellation is a promise: no further attempt starts, whatever
 * ends the one that runs. Only a handler that returns first completes its task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { rlTask, type TaskOptions } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import type { Moves, Settle } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

/** Pushes a task, claims it and has it cancelled; the worker does not know yet. */
async function cancelledClaim(moves: Moves, limit = "") {
  await moves.push({ limit });
  const claim = await moves.claim();
  assert.equal(await moves.cancel(claim.id, "wrong order"), "asked");
  return claim;
}

/** Checks that a task is cancelled for good, and keeps nothing but its record. */
async function assertOver({ moves, tasks, queue, partition }: Lab, id: string): Promise<void> {
  const { state, reason } = await moves.facts(id);
  assert.deepEqual([state, reason], ["cancelled", "wrong order"]);
  assert.deepEqual((await queue.inspect(idOf(partition, id))).envelope, "");
  assert.deepEqual(
    Object.keys(await tasks()).map((key) => key.split(":")[1]).sort(),
    ["cancelled", "record"],
  );
}

for (const event of ["retry", "bury", "defer", "handoff", "stop"] as Settle[]) {
  test(
    `a cancelled task is cancelled when its worker would ${event} it, and the worker hears so`,
    withRelier(async (lab) => {
      const { id, nonce } = await cancelledClaim(lab.moves);
      const row = { id, nonce, event, ms: 60_000, text: "wrong order", error: "", partial: "{}" };
      const settle = () => lab.moves.turn({ rows: [{ ...row, name: "" }] });
      const heard = event === "stop" ? [] : [id, "wrong order"];
      for (const { stale, cancelled } of [await settle(), await settle()]) {
        assert.deepEqual([stale, cancelled], [[], heard]);
      }
      await assertOver(lab, id);
    }),
  );
}

test(
  "a cancelled task whose handler returns first is completed",
  withRelier(async ({ moves }) => {
    const claim = await cancelledClaim(moves);
    assert.equal(await moves.settle(claim, "complete", { text: "1" }), true);
    assert.equal((await moves.facts(claim.id)).state, "completed");
  }),
);

for (const [deaths, limit] of [["first", ""], ["last allowed", "0"]] as const) {
  test(
    `a cancelled task is cancelled at the ${deaths} death of its worker, and charged with nothing`,
    withRelier(async (lab) => {
      const { moves } = lab;
      const claim = await cancelledClaim(moves, limit);
      assert.deepEqual(await moves.crash("w1"), {}, "nothing is brought back");
      await assertOver(lab, claim.id);
      const { crashes } = await moves.facts(claim.id);
      assert.equal(crashes, undefined);
      assert.equal(await moves.settle(claim, "complete"), false, "its worker comes too late");
    }),
  );
}

test(
  "a suspect that is cancelled while it runs alone does not return to the lane",
  withRelier(async (lab) => {
    const { moves } = lab;
    const id = await moves.suspect(await moves.push());
    assert.equal((await moves.claim()).solo, true);
    assert.equal(await moves.cancel(id, "wrong order"), "asked");
    await moves.age("running", id, -1);
    assert.deepEqual(await moves.sweep(), {}, "its lease is over");
    await assertOver(lab, id);
  }),
);

test(
  "a task that was cancelled before its worker had the reply to its claim does not start",
  withRelier(async (lab) => {
    const { moves } = lab;
    const ids = [await moves.push(), await moves.push()];
    const nonce = randomLocal();
    await moves.turn({ nonce, slots: 2 });
    await moves.cancel(ids[0]!, "wrong order");
    const { tasks } = await moves.turn({ nonce, slots: 2 });
    assert.deepEqual(tasks.map(({ id }) => id), [ids[1]]);
    assert.equal((await moves.facts(ids[0]!)).state, "cancelled");
    await moves.settle(tasks[0]!, "complete");
  }),
);

test(
  "a task that is cancelled while its worker holds it ready is cancelled before it starts",
  withRelier(async ({ rl, worker, queue }) => {
    let finish = () => {};
    const started: number[] = [];
    const gate = rlTask("gate-cancel", (n: number) => {
      started.push(n);
      return new Promise<void>((resolve) => finish = resolve);
    });
    await worker({ concurrency: 1, prefetch: 2 });
    const handles = await rl.apushMany(gate, [[1], [2]]);
    await until("both are held", async () => (await queue.stats()).counts.running === 2);
    assert.equal(await handles[1]!.cancel("wrong order"), true);
    await until("it is cancelled", async () => (await handles[1]!.status()).state === "cancelled");
    assert.deepEqual(started, [1]);
    finish();
    await handles[0]!.result({ timeout: scaled(5_000) });
    assert.deepEqual(started, [1]);
  }),
);

/** A task that ignores its signal, and its runs. */
function deafTask(name: string, options: TaskOptions<[], void> = {}) {
  const runs: number[] = [];
  const task = rlTask(name, options, () => {
    runs.push(runs.length);
    return new Promise<void>((resolve) => setTimeout(resolve, scaled(1500)));
  });
  return { task, runs };
}

test(
  "a cancelled task does not run elsewhere after a drain that could not wait for its handler",
  withRelier(async ({ rl, worker }) => {
    const { task, runs } = deafTask("deaf-drain");
    const first = await worker();
    const handle = await rl.apush(task);
    await until("it runs", () => runs.length === 1);
    await worker();
    assert.equal(await handle.cancel("wrong order"), true);
    assert.equal((await first.drain({ timeout: 0 })).handedOff, 0);
    await assert.rejects(handle.result({ timeout: scaled(5_000) }), /cancelled: wrong order/);
    assert.equal(runs.length, 1);
  }),
);

test(
  "a cancelled task is not tried again after its hard timeout",
  withRelier(async ({ rl, worker }) => {
    const retry = { attempts: 3, base: 1, backoff: "fixed" } as const;
    const { task, runs } = deafTask("deaf-hard", { hardTimeout: 300, retry });
    await worker();
    const handle = await rl.apush(task);
    await until("it runs", () => runs.length === 1);
    assert.equal(await handle.cancel("wrong order"), true);
    await assert.rejects(handle.result({ timeout: scaled(5_000) }), /cancelled: wrong order/);
    assert.equal(runs.length, 1);
  }),
);

test(
  "a task that fails before its worker hears of the cancellation is cancelled, and not called dead",
  withRelier(async ({ worker, client, port }) => {
    const heard: string[] = [];
    const whole = port();
    // Without subscriptions, a worker hears of a cancellation with its next beat.
    const redis = { run: whole.run, wait: whole.wait.bind(whole), close: () => whole.close() };
    const deaf = client({ redis });
    let fail: (() => void) | undefined;
    const onDead = () => void heard.push("onDead");
    const task = rlTask(
      "fails-cancelled",
      { retry: 1, onDead },
      () => new Promise<void>((_, reject) => fail = () => reject(new Error("at that moment"))),
    );
    const w = await worker({ lease: "30s" }, deaf);
    for (const name of ["dead", "failed", "cancelled"] as const) {
      w.on(name, ({ reason }) => heard.push(`${name} ${reason}`));
    }
    const handle = await deaf.apush(task);
    await until("it runs", () => fail !== undefined);
    assert.equal(await handle.cancel("wrong order"), true);
    fail!();
    await assert.rejects(handle.result({ timeout: scaled(8_000) }), /cancelled: wrong order/);
    await until("the worker has reported it", () => heard.length > 0);
    assert.deepEqual(heard, ["cancelled wrong order"]);
  }),
);
