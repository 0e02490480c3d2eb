/**
 * Workers where each command is billed. An idle worker asks ever more rarely, a busy
 * one keeps its tasks, and lost tasks come back.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { type RedisPort, rlTask } from "../../../mod.ts";
import { overHttp } from "../../support/http_port.ts";
import { scaled } from "../../support/machine_speed.ts";
import { withRelier } from "../../support/relier.ts";
import { until } from "../../support/until.ts";

const noop = rlTask("metered-noop", (n: number) => n);
const long = rlTask("metered-long", async (ms: number) => {
  await new Promise((resolve) => setTimeout(resolve, ms));
});

const times = (calls: readonly string[], name: string): number =>
  calls.filter((each) => each === name).length;

test(
  "without a bell, an idle worker rests twice as long each time, until it finds something",
  withRelier(async (lab) => {
    const { port, calls, waits } = overHttp(lab.port());
    await lab.worker({ profile: "metered" }, lab.client({ redis: port }));
    await until("it has rested three times", () => waits.length === 4);
    assert.deepEqual(waits, [100, 200, 400, 800]);
    // The worker claims once before each rest, and does nothing else since the start.
    assert.deepEqual(
      [times(calls, "settle_and_claim"), times(calls, "heartbeat"), times(calls, "sweep")],
      [4, 1, 1],
    );
    const handle = await noop.apush(1);
    await until("it is done", async () => (await handle.status()).state === "completed");
    await until("it rests again", () => waits.length > 4);
    assert.equal(waits[4], 100);
  }),
);

test(
  "with a bell, it rests for a minute and is woken by a push",
  withRelier(async (lab) => {
    const port = lab.port();
    const waits: number[] = [];
    const counted: RedisPort = {
      ...port,
      wait(bells, ms, signal) {
        waits.push(ms);
        return port.wait(bells, ms, signal);
      },
    };
    await lab.worker({ profile: "metered" }, lab.client({ redis: counted }));
    await until("it rests", () => waits.length === 1);
    assert.deepEqual(waits, [60_000]);
    assert.equal(await noop.call(2), 2);
  }),
);

test(
  "a metered worker beats while it holds a task, and keeps it beyond its lease",
  withRelier(async (lab) => {
    const { port, calls } = overHttp(lab.port());
    await lab.worker({ profile: "metered", lease: "1s" }, lab.client({ redis: port }));
    const handle = await long.apush(1300);
    await until("it runs", async () => (await handle.status()).state === "running");
    await lab.worker();
    await until("it is done", async () => (await handle.status()).state === "completed");
    assert.equal((await lab.queue.inspect(handle.id)).history.length, 1);
    assert.ok(times(calls, "heartbeat") >= 3, `it beat ${times(calls, "heartbeat")} times`);
    const before = times(calls, "heartbeat");
    await until("it rests", () => times(calls, "settle_and_claim") > 3);
    assert.equal(times(calls, "heartbeat"), before);
  }),
);

test(
  "tasks of a killed metered worker come back with its lease, by another metered one",
  withRelier(async (lab) => {
    const { port, cut } = overHttp(lab.port());
    const runs: number[] = [];
    const once = rlTask("metered-once", async () => {
      if (runs.push(1) === 1) await new Promise(() => {});
    });
    const options = { profile: "metered", lease: "1s" } as const;
    await lab.worker({ ...options, drainTimeout: 0 }, lab.client({ redis: port }));
    const handle = await once.apush();
    await until("it runs", () => runs.length === 1);
    const mend = cut();
    await lab.worker(options);
    await until("it is done", async () => (await handle.status()).state === "completed");
    assert.equal(runs.length, 2);
    mend();
  }),
);

test(
  "waiting for a result asks ever more rarely, where no event can arrive",
  withRelier(async (lab) => {
    const { port, calls } = overHttp(lab.port());
    const handle = await lab.client({ redis: port }).apush(noop, 1);
    await assert.rejects(handle.result({ timeout: 400 }), { code: "RL_RESULT_TIMEOUT" });
    // The calls are at 0, 100 and 300 ms: the next one would be at 700 ms.
    assert.ok(times(calls, "task_status") <= 4, `it asked ${times(calls, "task_status")} times`);
    const waiting = handle.result({ timeout: scaled(5_000) });
    await lab.worker();
    assert.equal(await waiting, 1);
  }),
);
