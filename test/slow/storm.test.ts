/**
 * Thousands of tasks while workers die: nothing is lost, nothing is done twice,
 * and what a task came to is what its last run returned. The same checks fail
 * as soon as the scripts do not ask who holds a task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRelier, type TaskHandle, type WorkerOptions } from "../../mod.ts";
import { type Hand, openCrew } from "../support/crew.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound } from "../support/remains.ts";
import { sleepers, strike, verdictOn } from "../support/storm.ts";
import { order, type Told } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const server = await startRedis();
after(() => server.kill());

test("5,000 tasks outlive 20 kills: none is lost, none is in two states, none is done twice", async () => {
  const queue = "storm";
  const [count, kills, workers] = [5_000, 20, 4];
  const rl = createRelier({ redis: server.url });
  const crew = await openCrew(server.url);
  const options: WorkerOptions = { queues: [queue], concurrency: 5 };
  const handles = new Map<string, TaskHandle<Told>>();
  try {
    const rows = Array.from(
      { length: count },
      (_, i) => [`o${i}`, 5 + Math.floor(Math.random() * 46)] as [string, number],
    );
    const pushed = await order.apushMany(rows, { queue });
    rows.forEach(([key], i) => handles.set(key, pushed[i]!));
    // The same orders again: they are there.
    for (const { outcome } of await order.apushMany(rows, { queue })) {
      assert.equal(outcome, "joined");
    }

    const startedAt = performance.now();
    await Promise.all(Array.from({ length: workers }, () => crew.hire(options)));
    let lostRuns = 0;
    const respawns: Promise<Hand>[] = [];
    for (let kill = 0; kill < kills; kill++) {
      await until("four work", () => crew.hands.length === workers, 10_000);
      await until(`it is time for kill ${kill}`, async () => {
        const { completed } = (await rl.queue(queue).stats()).counts;
        return completed >= (kill + 1) * count / (kills + 2);
      }, 20_000);
      const victim = crew.hands[Math.floor(Math.random() * workers)]!;
      lostRuns += await strike(server.url, crew, victim, queue);
      respawns.push(crew.hire(options));
    }
    await Promise.all(respawns);
    await until("all is done", async () => {
      return (await rl.queue(queue).stats()).counts.completed === count;
    }, 40_000);
    const seconds = (performance.now() - startedAt) / 1000;

    const starts = crew.diary.of("start").length;
    console.log(
      `# ${count} tasks, ${kills} kills with ${lostRuns} tasks in flight: ` +
        `${starts} starts, done in ${seconds.toFixed(1)} s`,
    );
    assert.ok(
      starts <= count + lostRuns,
      `${starts} starts, ${count} tasks, ${lostRuns} in flight`,
    );
    assert.deepEqual(await verdictOn(crew, rl, queue, handles), []);
    for (const { code } of await crew.dismiss()) assert.equal(code, 0);
    await assertSound(server.url, [queue]);
  } finally {
    await crew.close();
    await rl.close();
  }
});

test("workers that wake too late change nothing", async () => {
  assert.deepEqual(await sleepers(server.url, "sleepers", []), []);
});

for (const wear of ["careless", "unfenced"] as const) {
  test(`the same run is found to be wrong when the scripts are ${wear}`, async () => {
    const wrong = await sleepers(server.url, wear, [wear]);
    const overwritten = wrong.filter((what) =>
      what.endsWith("came to what a run before its last did")
    );
    assert.equal(overwritten.length, 6, `found: ${wrong.join("; ")}`);
  });
}
