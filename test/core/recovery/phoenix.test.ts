/**
 * Recovery of tasks: three detectors, four counters, the quarantine lane, and its
 * patience after Redis was unreachable.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { idOf, parseId } from "../../../core/protocol/keys.ts";
import { rlTask, taskContext } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Moves, subscriber } from "../../support/moves.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

/** Makes a waiting task claimable now. */
async function hurry(moves: Moves, state: "scheduled" | "quarantined", id: string): Promise<void> {
  await moves.age(state, id, -1);
  await moves.sweep();
}

/** Pushes a task that has crashed two workers. */
async function quarantined(moves: Moves): Promise<string> {
  const id = await moves.push();
  await moves.claim();
  await moves.crash("w1");
  await hurry(moves, "scheduled", id);
  await moves.claim();
  await moves.crash("w1");
  return id;
}

test(
  "the first crash costs 100 ms, the next ones a quarantine that grows",
  withRelier(async ({ moves, queue }) => {
    const id = await moves.push();
    for (
      const [crashes, state, ms] of [
        [1, "scheduled", 100],
        [2, "quarantined", 500],
        [3, "quarantined", 750],
        [4, "quarantined", 1000],
        [5, "quarantined", 1250],
      ] as const
    ) {
      assert.equal((await moves.claim()).crashes, crashes - 1);
      await moves.crash("w1");
      const facts = await moves.facts(id);
      assert.deepEqual([facts.state, facts.crashes, facts.reason], [
        state,
        String(crashes),
        "SIGKILL",
      ]);
      const { history } = await queue.inspect(idOf(moves.partition, id));
      assert.equal(Number(facts.score) - history.at(-1)!.end.getTime(), ms);
      await hurry(moves, state, id);
    }
  }),
);

test(
  "a task whose workers die six times is dead, with its payload and its history",
  withRelier(async ({ moves, queue }) => {
    const id = await moves.push();
    for (let crashes = 1; crashes <= 6; crashes++) {
      await moves.claim();
      await moves.crash("w1");
      if (crashes < 6) await hurry(moves, crashes === 1 ? "scheduled" : "quarantined", id);
    }
    const { state, reason } = await moves.facts(id);
    assert.deepEqual([state, reason], ["dead", "crashes"]);
    const { tasks } = await queue.page("dead");
    const { envelope, history } = await queue.inspect(tasks[0]!.id);
    assert.equal(envelope, '{"v":1,"name":"by-hand","payload":[]}');
    assert.equal(history.length, 6);
  }),
);

test(
  "maxResurrections limits the number of deaths",
  withRelier(async ({ moves }) => {
    const id = await moves.push({ limit: "1" });
    await moves.claim();
    await moves.crash("w1");
    await hurry(moves, "scheduled", id);
    await moves.claim();
    await moves.crash("w1");
    assert.equal((await moves.facts(id)).state, "dead");
  }),
);

test(
  "a claim that never started is free twice, then it is charged",
  withRelier(async ({ moves }) => {
    const id = await moves.push();
    for (const [lost, crashes] of [[1, undefined], [2, undefined], [3, "1"]] as const) {
      await moves.turn({ spare: 1 });
      await moves.crash("w1");
      const facts = await moves.facts(id);
      assert.deepEqual([facts.lost, facts.crashes], [String(lost), crashes]);
      await hurry(moves, "scheduled", id);
    }
  }),
);

test(
  "an expired lease is a crash of a silent worker, a stall of one that beats",
  withRelier(async ({ moves }) => {
    for (const [worker, counter] of [["silent", "crashes"], ["busy", "stalls"]] as const) {
      const id = await moves.push();
      const claim = await moves.claim(worker);
      if (worker === "busy") await moves.beat(worker, []);
      await moves.age("running", claim.id, -1);
      await moves.sweep();
      const facts = await moves.facts(id);
      assert.deepEqual([facts.state, facts[counter]], ["scheduled", "1"], worker);
      await moves.cancel(id);
    }
  }),
);

test(
  "a worker whose subscription is gone is dead after the grace, not before",
  withRelier(async ({ moves, redis, partition }) => {
    const die = await subscriber(redis, partition, "w1");
    await moves.push();
    const claim = await moves.claim();
    assert.equal((await moves.beat("w1", [claim])).seen, 1);
    assert.deepEqual(await moves.sweep(), {}, "it lives");
    const died = await moves.now();
    die();
    let raised: Readonly<Record<string, string>> = {};
    await until("its death is noticed", async () => {
      raised = await moves.sweep();
      return claim.id in raised;
    });
    assert.equal(raised[claim.id], "presence");
    const took = await moves.now() - died;
    assert.ok(took >= 500 && took < scaled(3000), `it took ${took} ms`);
  }),
);

test(
  "a worker that this server never saw subscribed is left to its lease",
  withRelier(async ({ moves }) => {
    await moves.push();
    const claim = await moves.claim();
    assert.equal((await moves.beat("w1", [claim])).seen, 0);
    const start = await moves.now();
    await until("the grace is long over", async () => {
      assert.deepEqual(await moves.sweep(), {});
      return await moves.now() - start > 700;
    });
  }),
);

test(
  "a beat removes the suspicion that a worker is gone",
  withRelier(async ({ moves, redis, partition }) => {
    const cut = await subscriber(redis, partition, "w1");
    await moves.push();
    const claim = await moves.claim();
    await moves.beat("w1", [claim]);
    cut();
    const start = await moves.now();
    await until("the grace is long over", async () => {
      await moves.beat("w1", [claim]);
      assert.deepEqual(await moves.sweep(), {});
      return await moves.now() - start > 700;
    });
  }),
);

test(
  "leases get one extension for each time that Redis itself was unreachable",
  withRelier(async ({ moves, redis, key, queue }) => {
    await moves.push();
    const { id } = await moves.claim();
    await moves.sweep();
    for (const absences of [1, 2]) {
      await moves.age("running", id, -1);
      await redis.hset(key("meta"), "swept", String(await moves.now() - 6000));
      assert.deepEqual(await moves.sweep(), {}, "no worker could have renewed it");
      assert.equal((await queue.stats()).events["grace"], absences);
      assert.ok((await queue.stats()).phoenix.graceMs > 0);
    }
    await redis.hset(key("meta"), "graceFrom", String(await moves.now() - 10_001));
    assert.deepEqual(await moves.sweep(), { [id]: "lease" });
  }),
);

test(
  "a suspect is given only to a worker that holds nothing, and then alone",
  withRelier(async ({ moves }) => {
    const id = await quarantined(moves);
    const others = [await moves.push(), await moves.push(), await moves.push()];
    const own = await moves.claim("keeper");
    await moves.age("quarantined", id, -1);
    const waits = await moves.turn({ worker: "keeper", slots: 5, empty: 0 });
    assert.deepEqual([waits.lane, waits.tasks], ["wait", []], "it still holds one");
    const neighbour = await moves.turn({ worker: "neighbour", slots: 1, empty: 0 });
    assert.deepEqual(neighbour.tasks.map((task) => task.id), [others[1]], "others go on");
    await moves.settle(own, "complete");
    await moves.age("quarantined", id, -1);
    const elsewhere = await moves.turn({ worker: "keeper", slots: 5, empty: 0 });
    assert.equal(elsewhere.lane, "wait", "it holds one of another queue");
    const alone = await moves.turn({ worker: "keeper", slots: 5 });
    assert.deepEqual([alone.lane, alone.tasks.map((task) => task.id)], ["solo", [id]]);
  }),
);

test(
  "a relief worker takes a suspect though another one keeps the lane, and never anything else",
  withRelier(async ({ moves }) => {
    const id = await quarantined(moves);
    await moves.push();
    await moves.claim("keeper");
    const waits = await moves.turn({ worker: "keeper", slots: 5, empty: 0 });
    assert.equal(waits.lane, "");
    const early = await moves.turn({ worker: "relief", slots: 1, relief: 1 });
    assert.deepEqual([early.lane, early.tasks], ["none", []], "it is not due");
    await hurry(moves, "quarantined", id);
    assert.equal((await moves.turn({ worker: "keeper", slots: 5, empty: 0 })).lane, "wait");
    await moves.push();
    const relief = await moves.turn({ worker: "relief", slots: 1, relief: 1 });
    assert.deepEqual([relief.lane, relief.tasks.map((task) => task.id)], ["solo", [id]]);
    const again = await moves.turn({ worker: "relief", slots: 1, relief: 1 });
    assert.deepEqual([again.lane, again.tasks], ["none", []]);
    const kept = await moves.turn({ worker: "keeper", slots: 5, empty: 0 });
    assert.deepEqual([kept.lane, kept.tasks.length], ["", 1], "the keeper works on");
    assert.equal(await moves.settle(relief.tasks[0]!, "complete"), true);
    assert.equal(await moves.settle(kept.tasks[0]!, "complete"), true);
  }),
);

test(
  "a relief worker runs the suspect for which a keeper with long tasks has no room",
  withRelier(async ({ moves, rl, queue, worker }) => {
    let finish = () => {};
    const gate = new Promise<void>((resolve) => finish = resolve);
    const long = rlTask("long-beside-suspects", () => gate);
    const suspect = rlTask("suspect-beside-long", () => taskContext().workerId);
    const handle = await rl.apush(suspect);
    const id = parseId(handle.id)!.local;
    for (const hurried of [() => hurry(moves, "scheduled", id), () => Promise.resolve()]) {
      await moves.claim();
      await moves.crash("w1");
      await hurried();
    }
    await moves.age("quarantined", id, 60_000); // Otherwise the worker would claim it before it is busy.
    await worker({ concurrency: 2 });
    const busy = await rl.apush(long);
    await until("it is busy", async () => (await queue.stats()).counts.running === 1);
    await hurry(moves, "quarantined", id);
    await until("a suspect waits", async () => (await queue.stats()).quarantine.oldestMs > 300);
    const relief = await worker({ relief: true });
    assert.equal(await handle.result({ timeout: scaled(5_000) }), relief.id);
    finish();
    await busy.result({ timeout: scaled(5_000) });
  }),
);

test(
  "a suspect that proves innocent completes, and the lane is free again",
  withRelier(async ({ moves }) => {
    const id = await quarantined(moves);
    await moves.age("quarantined", id, -1);
    const suspect = await moves.claim("keeper");
    assert.equal(suspect.solo, true);
    await moves.settle(suspect, "complete");
    await moves.push();
    assert.equal((await moves.turn({ worker: "keeper", slots: 1 })).lane, "");
  }),
);

test(
  "a dead worker that held hundreds is removed in bounded steps",
  withRelier(async ({ moves, queue }) => {
    for (let i = 0; i < 3; i++) await moves.pushRows(Array.from({ length: 150 }, () => ({})));
    for (let i = 0; i < 3; i++) await moves.turn({ slots: 200 });
    assert.equal(Object.keys(await moves.crash("w1")).length, 200);
    assert.equal(Object.keys(await moves.crash("w1")).length, 200);
    await moves.crash("w1");
    assert.equal((await queue.stats()).counts.running, 0);
  }),
);

test(
  "resurrections are counted by the hour, for a day",
  withRelier(async ({ moves, queue, redis, key }) => {
    const lastDay = async () => (await queue.stats()).phoenix.lastDay;
    const crash = async () => {
      await moves.push();
      await moves.claim("w1");
      await moves.crash("w1");
    };
    assert.equal(await lastDay(), 0);
    await crash();
    await crash();
    assert.equal(await lastDay(), 2);
    const hour = Math.floor(await moves.now() / 3_600_000);
    const slot = (ago: number) => `raised:${(hour - ago) % 24}`;
    await redis.hset(key("meta"), slot(23), `${hour - 23} 10`, slot(22), `${hour - 46} 100`);
    assert.equal(await lastDay(), 12);
    await redis.hset(key("meta"), slot(0), `${hour - 24} 1000`);
    assert.equal(await lastDay(), 10);
    await crash();
    assert.equal(await lastDay(), 11);
  }),
);
