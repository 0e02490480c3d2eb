/**
 * A worker leaves: several wishes are one drain, a client waits for its workers, and the
 * report counts truly, whatever Redis does meanwhile.
 *
 * @module
 */

import assert from "node:assert/strict";
import { test } from "node:test";
import { createWorker, type RedisPort } from "../../../mod.ts";
import { gated } from "../../support/gate.ts";
import { scaled } from "../../support/machine_speed.ts";
import { type Lab, withRelier } from "../../support/relier.ts";
import { bounded, until } from "../../support/until.ts";

const numbers = (length: number): [number][] => Array.from({ length }, (_, i) => [i]);

/** A port that keeps its calls of the scripts in `silent` unanswered; they do not reach Redis. */
function mute(port: RedisPort, silent: ReadonlySet<string>): RedisPort {
  const waitLoudly = async (name: string) => {
    while (silent.has(name)) await new Promise((resolve) => setTimeout(resolve, 20));
  };
  return {
    ...port,
    async run(program, ...call) {
      await waitLoudly(program.name);
      return await port.run(program, ...call);
    },
  };
}

/** The charged counters of tasks that are not zero. */
async function charges({ queue }: Lab, ids: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const id of ids) {
    const { facts } = await queue.inspect(id);
    for (const name of ["failures", "crashes", "stalls", "lost"]) {
      if (Number(facts[name] ?? 0) > 0) found.push(`${id}: ${name} ${facts[name]}`);
    }
  }
  return found;
}

test(
  "a further drain() joins the one under way, and cuts nothing off",
  withRelier(async ({ worker }) => {
    const gate = gated("gated-join");
    await gate.task.apush(1);
    const w = await worker();
    await until("it runs", () => gate.running.size === 1);
    const drains = [w.drain(), w.drain(), w.drain({ timeout: "1h" })];
    gate.finish();
    const [report, ...others] = await Promise.all(drains);
    assert.deepEqual(report, {
      completed: 1,
      handedOff: 0,
      unsettled: 0,
      lost: 0,
      command: null,
    });
    for (const other of others) assert.equal(other, report);
  }),
);

test(
  "a further drain() with a shorter timeout hastens the one under way",
  withRelier(async ({ worker }) => {
    const gate = gated("gated-hurry");
    await gate.task.apush(1);
    const w = await worker();
    await until("it runs", () => gate.running.size === 1);
    const first = w.drain({ timeout: "1h" });
    const second = w.drain({ timeout: 0 });
    assert.equal((await bounded("the end", second)).handedOff, 1);
    assert.equal(await first, await second);
  }),
);

for (
  const [order, leave] of [
    ["after drain()", (drain, close) => [drain(), close()]],
    ["before drain()", (drain, close) => [close(), drain()]],
    ["without drain()", (_, close) => [close()]],
  ] as readonly (readonly [
    string,
    (drain: () => Promise<unknown>, close: () => Promise<unknown>) => Promise<unknown>[],
  ])[]
) {
  test(
    `a client that is closed ${order} lets its workers finish and settle`,
    withRelier(async ({ client, queue, rl }) => {
      const gate = gated(`gated-close ${order}`.replaceAll(/[ ()]/g, "-"));
      const own = client();
      const w = createWorker(own, { handleSignals: false });
      await w.start();
      const { id } = await rl.apush(gate.task, 1);
      await until("it runs", () => gate.running.size === 1);
      const left = Promise.all(leave(() => w.drain(), () => own.close()));
      assert.equal(w.health().consuming, false);
      gate.finish();
      await bounded("both have ended", left);
      assert.equal((await rl.handle(id).status()).state, "completed");
      assert.deepEqual((await queue.stats()).workers, []);
      assert.equal((await w.drain()).completed, 1);
    }),
  );
}

test(
  "a drain over a closed port ends at once, and reports what it could not settle",
  withRelier(async (lab) => {
    const gate = gated("gated-closed-port");
    const port = lab.port();
    const own = lab.client({ redis: port });
    const w = await lab.worker({ lease: "1s" }, own);
    const { id } = await lab.rl.apush(gate.task, 1);
    await until("it runs", () => gate.running.size === 1);
    await port.close();
    assert.equal(w.health().consuming, false);
    const { unsettled, completed, handedOff } = await bounded("the drain", w.drain(), 1500);
    assert.deepEqual({ unsettled, completed, handedOff }, {
      unsettled: 1,
      completed: 0,
      handedOff: 0,
    });
    const stayer = await lab.worker({ lease: "1s" }, lab.client());
    await until("it runs elsewhere", () => gate.starts === 2, 10_000);
    gate.finish();
    await lab.rl.handle(id).result();
    await stayer.drain();
  }),
);

test(
  "a drain ends within its time and five seconds while Redis does not answer",
  withRelier(async (lab) => {
    const gate = gated("gated-silence");
    const silent = new Set<string>();
    const w = await lab.worker({}, lab.client({ redis: mute(lab.port(), silent) }));
    const { id } = await lab.rl.apush(gate.task, 1);
    await until("it runs", () => gate.running.size === 1);
    for (const name of ["settle_and_claim", "heartbeat", "sweep", "push"]) silent.add(name);
    const began = performance.now();
    const report = await w.drain({ timeout: 200 });
    const tookMs = performance.now() - began;
    silent.clear();
    assert.ok(tookMs < 200 + scaled(5_500), `it took ${Math.round(tookMs)} ms`);
    assert.equal(report.unsettled, 1);
    await until("Redis has it again", async () => {
      return (await lab.rl.handle(id).status()).state !== "running";
    });
    assert.deepEqual(await charges(lab, [id]), []);
    gate.finish();
  }),
);

test(
  "a task whose hand-off is not answered is given back without a charge, and is counted",
  withRelier(async (lab) => {
    const gate = gated("gated-slow-settle");
    const silent = new Set<string>();
    const w = await lab.worker(
      { concurrency: 20, phoenix: false },
      lab.client({ redis: mute(lab.port(), silent) }),
    );
    const handles = await lab.rl.apushMany(gate.task, numbers(20));
    await until("all run", () => gate.running.size === 20);
    silent.add("settle_and_claim");
    const { handedOff, unsettled } = await w.drain({ timeout: 0 });
    silent.clear();
    assert.deepEqual({ handedOff, unsettled }, { handedOff: 20, unsettled: 0 });
    assert.deepEqual(await charges(lab, handles.map(({ id }) => id)), []);
    gate.finish();
  }),
);

test(
  "a worker with 2,000 running tasks hands them all off although each answer takes a second",
  withRelier(async (lab) => {
    const gate = gated("gated-late-settles");
    const port = lab.port();
    let late = false;
    const slow: RedisPort = {
      ...port,
      async run(program, ...call) {
        const reply = await port.run(program, ...call);
        if (late) await new Promise((resolve) => setTimeout(resolve, 1000));
        return reply;
      },
    };
    const w = await lab.worker({ concurrency: 2_000 }, lab.client({ redis: slow }));
    await lab.rl.apushMany(gate.task, numbers(2_000));
    await until("all run", () => gate.running.size === 2_000, 10_000);
    late = true;
    const { handedOff, unsettled } = await w.drain({ timeout: 0 });
    late = false;
    assert.deepEqual({ handedOff, unsettled }, { handedOff: 2_000, unsettled: 0 });
    const { counts, causes } = await lab.queue.stats();
    assert.deepEqual([counts.ready, causes], [2_000, {}]);
    gate.finish();
  }),
);
