/**
 * Thousands of tasks while workers die: nothing is lost, nothing is done twice,
 * and what a task came to is what its last run returned. The same checks fail
 * as soon as the scripts do not ask who holds a task.
 *
 * @module
 */

import assert from "node:assert/strict";
import { after, test } from "node:test";
import { createRelier, type Relier, type TaskHandle, type WorkerOptions } from "../../mod.ts";
import { type Crew, type Hand, openCrew } from "../support/crew.ts";
import type { Wear } from "../support/dressed.ts";
import { startRedis } from "../support/redis.ts";
import { assertSound, withRedis } from "../support/remains.ts";
import { order, type Told } from "../support/tasks.ts";
import { until } from "../support/until.ts";

const server = await startRedis();
after(() => server.kill());

/** The tasks that a worker has started and Redis says it holds. */
async function inFlight(crew: Crew, hand: Hand, queue: string): Promise<number> {
  const members = await withRedis(
    server.url,
    (redis) =>
      redis.zrangebylex(`rl:{${queue}~0}:holds`, `[${hand.worker}~`, `(${hand.worker}\x7f`),
  );
  const held = new Set(members.map((member) => `${queue}~0~${member.slice(-22)}`));
  const started = crew.diary.of("start").filter(({ worker }) => worker === hand.worker);
  return new Set(started.map(({ id }) => id).filter((id) => held.has(id))).size;
}

/** What is wrong with how the tasks of `handles` came out. */
async function verdictOn(
  crew: Crew,
  rl: Relier,
  queue: string,
  handles: ReadonlyMap<string, TaskHandle<Told>>,
): Promise<string[]> {
  const wrong: string[] = [];
  const done = crew.diary.effects();
  const once = new Set(done);
  if (done.length > once.size) wrong.push(`${done.length - once.size} effects are double`);
  for (const key of handles.keys()) if (!once.has(key)) wrong.push(`${key} has no effect`);
  const latest = new Map<string, number>();
  for (const { key, fence } of crew.diary.of("start")) {
    latest.set(key, Math.max(fence, latest.get(key) ?? 0));
  }
  for (const [key, handle] of handles) {
    const told = await handle.result({ timeout: 5_000 });
    if (told.key !== key) wrong.push(`${key} came to what ${told.key} did`);
    if (told.fence !== latest.get(key)) wrong.push(`${key} came to what a run before its last did`);
  }
  wrong.push(...await rl.queue(queue).audit());
  const { counts } = await rl.queue(queue).stats();
  if (counts.completed !== handles.size) wrong.push(`${counts.completed} are completed`);
  return wrong;
}

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
      let flying = 0;
      await until("the victim is caught with a running task", async () => {
        victim.stop();
        flying = await inFlight(crew, victim, queue);
        if (flying === 0) victim.wake();
        return flying > 0;
      });
      lostRuns += flying;
      await victim.kill();
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

/** Tasks whose workers are put to sleep, and wake when others have started them again. */
async function sleepers(queue: string, wear: readonly Wear[]): Promise<string[]> {
  const rl = createRelier({ redis: server.url });
  const crew = await openCrew(server.url);
  const handles = new Map<string, TaskHandle<Told>>();
  const options: WorkerOptions = { queues: [queue], concurrency: 10, lease: 1_000 };
  const count = 6;
  const startsOf = (worker: string) =>
    crew.diary.of("start").filter((line) => line.worker === worker).length;
  try {
    const victim = await crew.hire(options, wear);
    for (let i = 0; i < count; i++) {
      const key = `s${i}`;
      handles.set(key, await order.with({ queue }).apush(key, 60_000));
    }
    await until("the victim runs all", () => startsOf(victim.worker) === count);
    const heir = await crew.hire(options, wear);
    victim.stop();
    await until("another worker runs all", () => startsOf(heir.worker) === count, 10_000);
    for (const key of handles.keys()) victim.release(key);
    victim.wake();
    await until("the woken runs have returned", () => crew.diary.of("end").length === count);
    await until("the woken worker knows what became of them", async () => {
      const fenced = crew.diary.of("fenced").length;
      return fenced + (await rl.queue(queue).stats()).counts.completed >= count;
    });
    for (const key of handles.keys()) heir.release(key);
    await until("the other runs have returned", () => crew.diary.of("end").length === 2 * count);
    await until("all is over", async () => {
      return (await rl.queue(queue).stats()).counts.completed === count;
    });
    const wrong = await verdictOn(crew, rl, queue, handles);
    await crew.dismiss();
    if (wear.length === 0) await assertSound(server.url, [queue]);
    return wrong;
  } finally {
    await crew.close();
    await rl.close();
  }
}

test("workers that wake too late change nothing", async () => {
  assert.deepEqual(await sleepers("sleepers", []), []);
});

for (const wear of ["careless", "unfenced"] as const) {
  test(`the same run is found to be wrong when the scripts are ${wear}`, async () => {
    const wrong = await sleepers(wear, [wear]);
    const overwritten = wrong.filter((what) =>
      what.endsWith("came to what a run before its last did")
    );
    assert.equal(overwritten.length, 6, `found: ${wrong.join("; ")}`);
  });
}
