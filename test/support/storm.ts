/**
 * Workers that are killed, or put to sleep, in the middle of their tasks, and
 * what is wrong with what came of them.
 *
 * @module
 */

import { createRelier, type Relier, type TaskHandle, type WorkerOptions } from "../../mod.ts";
import { type Crew, type Hand, openCrew } from "./crew.ts";
import type { Wear } from "./dressed.ts";
import { scaled } from "./machine_speed.ts";
import { assertSound, withRedis } from "./remains.ts";
import type { Runtime } from "./runtimes.ts";
import { order, type Told } from "./tasks.ts";
import { until } from "./until.ts";

/** Kills `victim` in the middle of its tasks; resolves to how many. */
export async function strike(
  url: string,
  crew: Crew,
  victim: Hand,
  queue: string,
): Promise<number> {
  const starts = () =>
    crew.diary.of("start").filter(({ worker }) => worker === victim.worker).length;
  let flying = 0;
  await until("the victim is caught with a running task", async () => {
    // It gets the time to start another one: a process that is stopped at once never would.
    const before = starts();
    await until("the victim starts a task", () => starts() > before);
    victim.stop();
    flying = await inFlight(url, crew, victim, queue);
    if (flying === 0) victim.wake();
    return flying > 0;
  }, 30_000);
  await victim.kill();
  return flying;
}

/** The tasks that a worker has started and Redis says it holds. */
async function inFlight(url: string, crew: Crew, hand: Hand, queue: string): Promise<number> {
  const members = await withRedis(
    url,
    (redis) =>
      redis.zrangebylex(`rl:{${queue}~0}:holds`, `[${hand.worker}~`, `(${hand.worker}\x7f`),
  );
  const held = new Set(members.map((member) => `${queue}~0~${member.slice(-22)}`));
  const started = crew.diary.of("start").filter(({ worker }) => worker === hand.worker);
  return new Set(started.map(({ id }) => id).filter((id) => held.has(id))).size;
}

/** What is wrong with how the tasks of `handles` came out. */
export async function verdictOn(
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
    const told = await handle.result({ timeout: scaled(5_000) });
    if (told.key !== key) wrong.push(`${key} came to what ${told.key} did`);
    if (told.fence !== latest.get(key)) wrong.push(`${key} came to what a run before its last did`);
  }
  wrong.push(...await rl.queue(queue).audit());
  const { counts } = await rl.queue(queue).stats();
  if (counts.completed !== handles.size) wrong.push(`${counts.completed} are completed`);
  return wrong;
}

/**
 * Tasks whose worker, on the first runtime, is put to sleep, and wakes when
 * another, on the second, has started them again. Resolves to what is wrong.
 */
export async function sleepers(
  url: string,
  queue: string,
  wear: readonly Wear[],
  [first, second]: readonly [Runtime?, Runtime?] = [],
): Promise<string[]> {
  const rl = createRelier({ redis: url });
  const crew = await openCrew(url);
  const handles = new Map<string, TaskHandle<Told>>();
  const options: WorkerOptions = { queues: [queue], concurrency: 10, lease: 1_000 };
  const count = 6;
  const startsOf = (worker: string) =>
    crew.diary.of("start").filter((line) => line.worker === worker).length;
  try {
    const victim = await crew.hire(options, wear, url, first);
    for (let i = 0; i < count; i++) {
      const key = `s${i}`;
      handles.set(key, await order.with({ queue }).apush(key, 60_000));
    }
    await until("the victim runs all", () => startsOf(victim.worker) === count);
    const heir = await crew.hire(options, wear, url, second);
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
    if (wear.length === 0) await assertSound(url, [queue]);
    return wrong;
  } finally {
    await crew.close();
    await rl.close();
  }
}
