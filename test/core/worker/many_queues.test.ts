/**
 * A worker of many queues: it costs Redis little while they are idle, and nothing is late
 * because there are many.
 *
 * @module
 */

import assert from "node:assert/strict";
import process from "node:process";
import { test } from "node:test";
import { movesAt, subscriber } from "../../support/moves.ts";
import { keyOf, partitionOf } from "../../../core/protocol/keys.ts";
import { type RedisPort, rlTask, taskContext, type TaskHandle } from "../../../mod.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { overHttp } from "../../support/http_port.ts";
import { scaled } from "../../support/machine_speed.ts";
import { until } from "../../support/until.ts";

const noop = rlTask("many-queues-noop", (n: number) => n);

const queuesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => `q${i}`);

/** A client, and the names of the scripts that it called. */
function counting(lab: Lab) {
  const port = lab.port();
  const calls: string[] = [];
  const counted: RedisPort = {
    ...port,
    run(program, ...rest) {
      calls.push(program.name);
      return port.run(program, ...rest);
    },
  };
  return { relier: lab.client({ redis: counted }), calls };
}

/** Waits for `ms` by the clock, which is what these tests measure. */
async function spend(ms: number): Promise<void> {
  const from = performance.now();
  await until("the time is over", () => performance.now() - from >= ms);
}

test(
  "an idle worker of 300 queues makes few calls a second, and none of them for each queue",
  withRelier(async (lab) => {
    const { relier, calls } = counting(lab);
    await lab.worker({ queues: queuesOf(300) }, relier);
    await spend(1_000);
    calls.length = 0;
    await spend(2_000);
    // Two looks at 200 and 100 queues, four times a second, and a few beats.
    assert.ok(calls.length <= 100, `${calls.length} calls: ${[...new Set(calls)]}`);
  }),
);

test(
  "a worker of 300 queues says little about itself in each of them",
  withRelier(async (lab) => {
    const worker = await lab.worker({ queues: queuesOf(300) });
    const partition = partitionOf("q299", 0, lab.prefix);
    const stored = await lab.redis.hget(keyOf(partition, "worker"), worker.id);
    assert.ok(stored!.length < 4_000, `${stored!.length} bytes`);
  }),
);

test(
  "one task in each of 300 queues is done within seconds",
  withRelier(async (lab) => {
    const queues = queuesOf(300);
    await lab.worker({ queues });
    const began = performance.now();
    const handles = await Promise.all(
      queues.map((queue, i) => noop.with({ queue }).apush(i)),
    );
    await Promise.all(handles.map((handle) => handle.result({ timeout: scaled(5_000) })));
    const ms = performance.now() - began;
    assert.ok(ms < scaled(5_000), `it took ${ms} ms`);
  }),
);

test(
  "a busy queue does not keep a task of an idle one waiting",
  withRelier(async (lab) => {
    const queues = queuesOf(50);
    await lab.worker({ queues, concurrency: 2 });
    let busy = true;
    const again = async (): Promise<void> => {
      while (busy) {
        const batch = Array.from({ length: 100 }, (_, i): [number] => [i]);
        const handles: TaskHandle<number>[] = await noop.apushMany(batch, { queue: "q0" });
        await handles.at(-1)!.result({ timeout: scaled(10_000) });
      }
    };
    const working = again();
    const began = performance.now();
    for (const queue of ["q7", "q33", "q49"]) {
      assert.equal(await noop.with({ queue }).apush(1).then((handle) => handle.result()), 1);
    }
    const ms = performance.now() - began;
    busy = false;
    await working;
    assert.ok(ms < scaled(3_000), `it took ${ms} ms`);
  }),
);

test(
  "a task that becomes due in one of many quiet queues is not late",
  withRelier(async (lab) => {
    await lab.worker({ queues: queuesOf(250) });
    await spend(500);
    const handle = await noop.with({ queue: "q201", delay: 700 }).apush(1);
    const pushed = performance.now();
    await handle.result({ timeout: scaled(5_000) });
    const late = performance.now() - pushed - 700;
    assert.ok(late > -50 && late < scaled(1_000), `it was ${late} ms late`);
  }),
);

test(
  "the task of a worker that died in one of many quiet queues comes back soon",
  withRelier(async (lab) => {
    const { caller } = lab.moves;
    const partition = partitionOf("q201", 0, lab.prefix);
    const moves = movesAt(caller, partition, lab.redis);
    await lab.worker({ queues: queuesOf(250) });
    await lab.rl.queue("q201").pause("claims", "the test");
    await spend(500);
    const die = await subscriber(lab.redis, partition, "w1");
    await lab.rl.queue("q201").resume();
    const id = await moves.push();
    const { tasks: [claim] } = await moves.turn({ worker: "w1", slots: 1 });
    if (claim === undefined) return die(); // The worker itself was faster.
    await moves.beat("w1", [claim]);
    const died = performance.now();
    die();
    await until("it came back", async () => (await moves.facts(id))["crashes"] === "1");
    const ms = performance.now() - died;
    assert.ok(ms < scaled(3_000), `it took ${ms} ms`);
    assert.equal((await lab.rl.queue("q201").stats()).events["grace"] ?? 0, 0, "Redis was there");
  }),
);

test(
  "a tick of many queues asks only where there is something to do",
  withRelier(async (lab) => {
    const { port, calls } = overHttp(lab.port());
    const relier = lab.client({ redis: port });
    const handle = await noop.with({ queue: "q150" }).apush(1);
    const { createWorker } = await import("../../../mod.ts");
    const worker = createWorker(relier, { queues: queuesOf(300), handleSignals: false });
    const report = await worker.tick();
    assert.equal(report.completed, 1);
    assert.equal(report.more, false);
    assert.equal((await handle.status()).state, "completed");
    assert.ok(calls.length <= 20, `${calls.length} calls: ${calls}`);
  }),
);

test(
  "a worker of 40 queues, and a handler with many listeners, cause no warning of a leak",
  withRelier(async (lab) => {
    const warnings: string[] = [];
    const warn = ({ name }: Error): void => void warnings.push(name);
    process.on("warning", warn);
    const heard: number[] = [];
    const listens = rlTask("many-listeners", async (n: number) => {
      const { signal } = taskContext();
      for (let i = 0; i < 20; i++) signal.addEventListener("abort", () => heard.push(i));
      return await Promise.resolve(n);
    });
    await lab.worker({ queues: queuesOf(40) });
    const { signal } = new AbortController();
    const handles = await Promise.all(
      queuesOf(40).map((queue, i) => listens.with({ queue }).apush(i)),
    );
    await Promise.all(
      handles.map((handle) => handle.result({ timeout: scaled(5_000), signal })),
    );
    await spend(50);
    process.off("warning", warn);
    assert.deepEqual(warnings, []);
  }),
);
