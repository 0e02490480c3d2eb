/**
 * The clock of Redis is set ahead and back. Nothing alive is charged or convicted for it,
 * and no stored time is believed further ahead than it may be: the dead are noticed, and
 * what is delayed runs, within its own time.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { clockKey, steppedClock } from "../../../cli/lab/stepped_clock.ts";
import { internalsOf } from "../../../core/client/create_relier.ts";
import { channelOf } from "../../../core/protocol/keys.ts";
import { randomLocal } from "../../../core/protocol/task_id.ts";
import { call } from "../../../core/redis/call.ts";
import { queueGauges } from "../../../core/redis/generated/worker.ts";
import { type Relier, rlTask } from "../../../mod.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Moves, movesAt, subscriber } from "../../support/moves.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const hour = 3600;

/** The parts of a test on a clock that it steps. */
interface Stepped {
  readonly rl: Relier;
  readonly moves: Moves;
  /** Sets the clock so many seconds ahead of the true time. */
  ahead(seconds: number): Promise<void>;
  /** Lets time pass for the scripts, with sweeps in between as in real time. */
  pass(seconds: number): Promise<Readonly<Record<string, string>>>;
}

function withSteps(body: (stepped: Stepped, lab: Lab) => Promise<void>) {
  return withRelier(async (lab) => {
    const rl = lab.client({ redis: steppedClock(lab.port()) });
    const moves = movesAt(internalsOf(rl).caller, lab.partition, lab.redis);
    let now = 0;
    const ahead = async (seconds: number) => {
      await lab.redis.set(clockKey(lab.prefix, "default"), String(now = seconds));
    };
    const pass = async (seconds: number) => {
      const raised: Record<string, string> = {};
      const end = now + seconds;
      while (now < end) {
        await ahead(Math.min(end, now + 2));
        Object.assign(raised, await moves.sweep());
      }
      return raised;
    };
    await body({ rl, moves, ahead, pass }, lab);
  });
}

test(
  "an hour ahead, and another one, charges no task of a live worker, nor does it run twice",
  withSteps(async ({ rl, ahead }, { worker, redis, key }) => {
    let runs = 0, finish = () => {};
    const gate = new Promise<void>((resolve) => finish = resolve);
    const long = rlTask("long-beside-steps", () => {
      runs++;
      return gate;
    });
    await Promise.all([worker({ lease: "2s" }, rl), worker({ lease: "2s" }, rl)]);
    const handles = await rl.apushMany(long, Array.from({ length: 8 }, () => []));
    await until("all run", () => runs === 8);
    for (const hours of [1, 2, 1, 0]) {
      await ahead(hours * hour);
      const at = Date.now() + hours * hour * 1000;
      await until("every lease is renewed by the new clock", async () => {
        const scores = (await redis.zrange(key("running"), 0, "-1", "WITHSCORES"))
          .filter((_, i) => i % 2).map(Number);
        return scores.every((ms) => ms > at && ms <= at + 60_000);
      });
    }
    finish();
    for (const handle of handles) await handle.result({ timeout: scaled(5_000) });
    const { events, causes } = await rl.queue("default").stats();
    assert.deepEqual([runs, events["resurrect"], causes], [8, undefined, {}]);
  }),
);

test(
  "a worker whose subscription is there is not presumed dead for its silence, any other is",
  withSteps(async ({ moves, pass }, { redis, partition, key }) => {
    await moves.push();
    await moves.push();
    await moves.claim("subscribed");
    const gone = await moves.claim("gone");
    await moves.beat("subscribed", []);
    await moves.beat("gone", []);
    const leave = await subscriber(redis, partition, "subscribed");
    await moves.sweep();
    const raised = await pass(210);
    assert.equal(raised[gone.id], "lease");
    assert.deepEqual(
      await redis.zrange(key("workers"), 0, "-1"),
      ["subscribed"],
      "the entry of a worker that is gone goes after 20 leases",
    );
    leave();
  }),
);

test(
  "a clock that was ahead and is right again delays the detection of no dead worker",
  withSteps(async ({ moves, ahead, pass }) => {
    await moves.push();
    await moves.sweep();
    await ahead(hour);
    await moves.sweep();
    const claim = await moves.claim("gone");
    const { id } = claim;
    await moves.beat("gone", [claim]);
    await ahead(0);
    assert.deepEqual(await moves.sweep(), {}, "it may be alive");
    assert.deepEqual(await pass(9), {}, "it has a whole lease by the right clock");
    assert.deepEqual(await pass(4), { [id]: "lease" });
  }),
);

test(
  "a lease of a worker that has claimed and not beaten yet is believed as long as its own",
  withSteps(async ({ moves, ahead, pass }) => {
    await moves.push();
    const { tasks: [claim] } = await moves.turn({ worker: "slow", slots: 1, leaseMs: 60_000 });
    await moves.sweep();
    assert.deepEqual(await pass(58), {});
    await moves.beat("slow", [claim!]);
    await ahead(0);
    await moves.settle(claim!, "complete");
  }),
);

test(
  "delays end no later after the clock was set back than they would from then",
  withSteps(async ({ moves, ahead, pass }, { redis, key }) => {
    await ahead(hour);
    await moves.sweep();
    const delayed = await moves.push({ delayMs: 5_000 });
    const retried = await moves.push();
    await moves.settle(await moves.claim(), "retry", { ms: 3_000 });
    const crashed = await moves.push();
    await moves.claim();
    await moves.crash("w1");
    const [seconds] = await redis.time();
    const dated = await moves.push({ atMs: (Number(seconds) + hour + 60) * 1000 });
    await ahead(0);
    await moves.sweep();
    await pass(6);
    const ready = await redis.zrange(key("ready"), 0, "-1");
    assert.deepEqual(ready.sort(), [delayed, retried, crashed].sort());
    assert.equal((await moves.facts(dated)).state, "scheduled", "it waits for its time of day");
  }),
);

test(
  "many delays are shortened in bounded steps, whatever their order",
  withSteps(async ({ moves, ahead, pass }, { queue }) => {
    await ahead(hour);
    await moves.sweep();
    for (let i = 0; i < 3; i++) {
      await moves.pushRows(Array.from({ length: 150 }, () => ({ delayMs: 4_000 })));
    }
    await ahead(0);
    await moves.sweep();
    await pass(20);
    assert.equal((await queue.stats()).counts.ready, 450);
  }),
);

test(
  "a lock whose holder died while the clock was ahead is free after its lease",
  withSteps(async ({ moves, ahead }) => {
    const id = randomLocal(), holder = randomLocal(), next = randomLocal();
    await ahead(hour);
    assert.equal((await moves.lock(id, holder))[0], "ok");
    await ahead(0);
    const [word, forMs] = await moves.lock(id, next);
    assert.equal(word, "held", "its holder may live");
    assert.ok(Number(forMs) <= 10_000, `${forMs} ms`);
    await ahead(5);
    assert.equal((await moves.lock(id, holder))[0], "ok", "a live holder renews it");
    await ahead(16);
    assert.equal((await moves.lock(id, next))[0], "ok");
    await moves.unlock(id, next);
  }),
);

test(
  "gauges are exported on after their exporter died while the clock was ahead",
  withSteps(async ({ moves: { caller, partition, beat }, ahead }) => {
    const report = async (worker: string) =>
      (await call(caller, partition, queueGauges, { worker, leaseMs: 10_000 }))[0];
    await ahead(hour);
    await beat("gone", []);
    assert.equal(await report("gone"), "ok");
    assert.equal(await report("w2"), "other");
    await ahead(0);
    assert.equal(await report("w2"), "ok");
  }),
);

test(
  "the absence of a subscription counts only while sweeps look for it",
  withSteps(async ({ moves, ahead }, { redis, partition }) => {
    const cut = await subscriber(redis, partition, "w1");
    await moves.push();
    const claim = await moves.claim();
    assert.equal((await moves.beat("w1", [claim])).seen, 1);
    await moves.sweep();
    cut();
    await until("its subscription is gone", async () => {
      const [, count] = await redis.pubsub("NUMSUB", channelOf(partition, "w1")) as [
        string,
        number,
      ];
      return Number(count) === 0;
    });
    await ahead(0.1);
    assert.deepEqual(await moves.sweep(), {}, "its absence is noted");
    await ahead(4);
    assert.deepEqual(await moves.sweep(), {}, "Redis, or its clock, was elsewhere");
    await ahead(4.2);
    assert.deepEqual(await moves.sweep(), {});
    await ahead(4.4);
    assert.deepEqual(await moves.sweep(), { [claim.id]: "presence" });
  }),
);
