/**
 * Kills or stops workers in the middle of their tasks, and lists the faults in the
 * outcomes.
 *
 * @module
 */

import assert from "node:assert/strict";
import { createRelier, type Relier, type TaskHandle, type WorkerOptions } from "../../mod.ts";
import {
  openWorkerProcesses,
  type WorkerProcess,
  type WorkerProcesses,
} from "./worker_processes.ts";
import type { PortFault } from "./faulty_port.ts";
import { scaled } from "./machine_speed.ts";
import { assertSound, withRedis } from "./leftovers.ts";
import type { Runtime } from "./runtimes.ts";
import { order, type RunIdentity } from "./tasks.ts";
import { until } from "./until.ts";

/** A plan: orders arrive in portions while workers die. */
export interface Storm {
  readonly queue: string;
  /** The number of orders. */
  readonly count: number;
  readonly kills: number;
  /** The number of workers at a time. */
  readonly workers: number;
  /** Starts the worker in place `i`. */
  startWorker(i: number): Promise<WorkerProcess>;
  /** The place of the worker to kill; a random one if absent. */
  victimOf?(kill: number): number;
}

/** The counts of a storm. */
export interface StormReport {
  readonly handles: ReadonlyMap<string, TaskHandle<RunIdentity>>;
  /** The number of handler runs that started. */
  readonly starts: number;
  /** The number of runs that a kill cut off. */
  readonly lostRuns: number;
}

/**
 * Kills workers in the middle of their tasks, one after the other; resolves when all
 * orders are done. Each kill follows a fresh portion of orders, so that fast workers
 * still have tasks to interrupt.
 */
export async function storm(
  url: string,
  processes: WorkerProcesses,
  rl: Relier,
  { queue, count, kills, workers, startWorker, victimOf }: Storm,
): Promise<StormReport> {
  const handles = new Map<string, TaskHandle<RunIdentity>>();
  const places = Array.from({ length: workers }, (_, i) => i);
  const startedAt = performance.now();
  const workerProcesses = await Promise.all(places.map(startWorker));
  let lostRuns = 0;
  for (let kill = 0; kill <= kills; kill++) {
    const rows: [string, number][] = [];
    for (let i = handles.size; i < Math.ceil(count * (kill + 1) / (kills + 1)); i++) {
      // The first orders of a portion are long enough to be interrupted, and fill every slot.
      const isLong = rows.length < workers * 5;
      rows.push([`o${i}`, isLong ? 400 : 5 + Math.floor(Math.random() * 46)]);
    }
    const pushed = await order.apushMany(rows, { queue });
    rows.forEach(([key], i) => handles.set(key, pushed[i]!));
    // The second push of the same orders finds them present.
    for (const { outcome } of await order.apushMany(rows, { queue })) {
      assert.notEqual(outcome, "created");
    }
    if (kill === kills) break;
    const place = victimOf?.(kill) ?? Math.floor(Math.random() * workers);
    lostRuns += await strike(url, processes, workerProcesses[place]!, queue);
    workerProcesses[place] = await startWorker(place);
  }
  await until("all is done", async () => {
    return (await rl.queue(queue).stats()).counts.completed === count;
  }, 60_000);
  const seconds = (performance.now() - startedAt) / 1000;
  const starts = processes.effectLog.of("start").length;
  console.log(
    `# ${count} tasks, ${kills} kills with ${lostRuns} tasks in flight: ` +
      `${starts} starts, done in ${seconds.toFixed(1)} s`,
  );
  return { handles, starts, lostRuns };
}

/** Runs a storm over four workers of this runtime, with all checks after it. */
export async function outlive(
  url: string,
  queue: string,
  { count, kills }: { readonly count: number; readonly kills: number },
): Promise<void> {
  const rl = createRelier({ redis: url, logger: false });
  const processes = await openWorkerProcesses(url);
  const startWorker = () => processes.startWorker({ queues: [queue], concurrency: 5 });
  try {
    const report = await storm(url, processes, rl, {
      queue,
      count,
      kills,
      workers: 4,
      startWorker,
    });
    await assertOutlived(url, processes, rl, queue, report);
  } finally {
    await processes.close();
    await rl.close();
  }
}

/** Checks that no order was lost or done twice, and that Redis is empty at the end. */
export async function assertOutlived(
  url: string,
  processes: WorkerProcesses,
  rl: Relier,
  queue: string,
  { handles, starts, lostRuns }: StormReport,
): Promise<void> {
  assert.ok(
    starts <= handles.size + lostRuns,
    `${starts} starts, ${handles.size} tasks, ${lostRuns} in flight`,
  );
  assert.deepEqual(await verdictOn(processes, rl, queue, handles), []);
  for (const { code } of await processes.drainAll()) assert.equal(code, 0);
  await assertSound(url, [queue]);
}

/** Kills `victim` in the middle of its tasks; resolves to their number. */
async function strike(
  url: string,
  processes: WorkerProcesses,
  victim: WorkerProcess,
  queue: string,
): Promise<number> {
  const starts = () =>
    processes.effectLog.of("start").filter(({ worker }) => worker === victim.worker).length;
  for (;;) {
    victim.stop();
    const flying = await inFlight(url, processes, victim, queue);
    if (flying > 0) {
      await victim.kill();
      return flying;
    }
    // The worker gets time to start another task: without it, a stopped worker never would.
    const before = starts();
    victim.wake();
    await until("the victim starts a task", () => starts() > before);
  }
}

/** The number of tasks that a worker has started and that Redis lists as held by it. */
async function inFlight(
  url: string,
  processes: WorkerProcesses,
  workerProcess: WorkerProcess,
  queue: string,
): Promise<number> {
  const members = await withRedis(
    url,
    (redis) =>
      redis.zrangebylex(
        `rl:{${queue}~0}:holds`,
        `[${workerProcess.worker}~`,
        `(${workerProcess.worker}\x7f`,
      ),
  );
  const held = new Set(members.map((member) => `${queue}~0~${member.slice(-22)}`));
  const started = processes.effectLog.of("start").filter(({ worker }) =>
    worker === workerProcess.worker
  );
  return new Set(started.map(({ id }) => id).filter((id) => held.has(id))).size;
}

/** Lists the faults in the outcomes of `handles`. */
async function verdictOn(
  processes: WorkerProcesses,
  rl: Relier,
  queue: string,
  handles: ReadonlyMap<string, TaskHandle<RunIdentity>>,
): Promise<string[]> {
  const wrong: string[] = [];
  const done = processes.effectLog.effects();
  const once = new Set(done);
  if (done.length > once.size) wrong.push(`${done.length - once.size} effects are double`);
  for (const key of handles.keys()) if (!once.has(key)) wrong.push(`${key} has no effect`);
  const latest = new Map<string, number>();
  for (const { key, fence } of processes.effectLog.of("start")) {
    latest.set(key, Math.max(fence, latest.get(key) ?? 0));
  }
  for (const [key, handle] of handles) {
    const result = await handle.result({ timeout: scaled(5_000) });
    if (result.key !== key) wrong.push(`${key} came to what ${result.key} did`);
    if (result.fence !== latest.get(key)) {
      wrong.push(`${key} came to what a run before its last did`);
    }
  }
  wrong.push(...await rl.queue(queue).audit());
  const { counts } = await rl.queue(queue).stats();
  if (counts.completed !== handles.size) wrong.push(`${counts.completed} are completed`);
  return wrong;
}

/**
 * Stops a worker on the first runtime, and resumes it once a worker on the second has
 * started its tasks. Resolves to the faults.
 */
export async function sleepers(
  url: string,
  queue: string,
  faults: readonly PortFault[],
  [first, second]: readonly [Runtime?, Runtime?] = [],
): Promise<string[]> {
  const rl = createRelier({ redis: url, logger: false });
  const processes = await openWorkerProcesses(url);
  const handles = new Map<string, TaskHandle<RunIdentity>>();
  const options: WorkerOptions = { queues: [queue], concurrency: 10, lease: 1_000 };
  const count = 6;
  const startsOf = (worker: string) =>
    processes.effectLog.of("start").filter((line) => line.worker === worker).length;
  try {
    const victim = await processes.startWorker(options, faults, url, first);
    for (let i = 0; i < count; i++) {
      const key = `s${i}`;
      handles.set(key, await order.with({ queue }).apush(key, 60_000));
    }
    await until("the victim runs all", () => startsOf(victim.worker) === count);
    const heir = await processes.startWorker(options, faults, url, second);
    victim.stop();
    await until("another worker runs all", () => startsOf(heir.worker) === count, 10_000);
    for (const key of handles.keys()) victim.release(key);
    victim.wake();
    await until(
      "the woken runs have returned",
      () => processes.effectLog.of("end").length === count,
    );
    await until("the woken worker knows what became of them", async () => {
      const fenced = processes.effectLog.of("fenced").length;
      return fenced + (await rl.queue(queue).stats()).counts.completed >= count;
    });
    for (const key of handles.keys()) heir.release(key);
    await until(
      "the other runs have returned",
      () => processes.effectLog.of("end").length === 2 * count,
    );
    await until("all is over", async () => {
      return (await rl.queue(queue).stats()).counts.completed === count;
    });
    const wrong = await verdictOn(processes, rl, queue, handles);
    await processes.drainAll();
    if (faults.length === 0) await assertSound(url, [queue]);
    return wrong;
  } finally {
    await processes.close();
    await rl.close();
  }
}
