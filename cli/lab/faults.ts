/**
 * Faults of the lab: chooses a worker, sends a signal, and waits until its tasks run
 * again.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { RelierError } from "../../mod.ts";
import type { PoolWorker, RunningJob } from "../processes/worker_pool.ts";
import type { Environment, LabPush } from "./environment.ts";
import { listed } from "./narration.ts";
import type { Job } from "./tasks.ts";

/** A worker that is running tasks, and those of them that a fault will interrupt. */
export interface Target {
  readonly worker: PoolWorker<Job>;
  readonly tasks: readonly RunningJob<Job>[];
}

/** `count` jobs that take `from` to `to` ms, drawn from the seed. */
export function drawJobs(
  { random, ledger }: Environment,
  count: number,
  [from, to]: readonly [number, number],
  more: Partial<Job> = {},
  letter = "k",
): Job[] {
  const first = ledger.accepted().length;
  return Array.from({ length: count }, (_, i) => ({
    key: `${letter}${first + i + 1}`,
    ms: random.integer(from, to),
    effect: random.integer(0, 1) ? "first" : "last",
    ...more,
  }));
}

/** The numbers of the workers, in an order drawn from the seed. */
export function drawOrder({ random, pool }: Environment): number[] {
  return random.shuffled(pool.workers.map(({ number }) => number));
}

/** Options of the choice of a worker. */
export interface Choice {
  /** Worker numbers, the first that fits is chosen; drawn from the seed unless given. */
  readonly order?: readonly number[];
  /** The time to wait for a better worker, in ms; `Infinity` rejects this one. */
  readonly patience?: (target: Target) => number;
}

/** The longest wait for a busy worker: after a failover, pushes wait for the new replica. */
const longestMs = 120_000;

/** Waits for a worker that runs tasks which take `leftMs` longer. */
export async function findTarget(
  env: Environment,
  leftMs: number,
  { order = drawOrder(env), patience = () => 0 }: Choice = {},
): Promise<Target> {
  const { pool } = env;
  let since = Infinity;
  let found: Target | undefined;
  await pool.until("a worker is in the middle of its tasks", () => {
    const busy = order.map((number) => targetOf(env, number, leftMs))
      .filter((target) => target.tasks.length > 0 && patience(target) < Infinity);
    if (busy.length > 0) since = Math.min(since, performance.now());
    found = busy.find((target) => performance.now() - since >= patience(target));
    return found !== undefined;
  }, longestMs);
  return found!;
}

/** The worker `number` with all tasks that it runs, or with those that take `leftMs` longer. */
export function targetOf({ pool }: Environment, number: number, leftMs?: number): Target {
  const worker = pool.workers[number - 1]!;
  const tasks = [...worker.running.values()];
  if (leftMs === undefined) return { worker, tasks };
  if (worker.state !== "working") return { worker, tasks: [] };
  return {
    worker,
    tasks: tasks.filter(({ job, since }) => {
      const ran = performance.now() - since;
      return job !== undefined && ran > 100 && job.ms - ran > leftMs;
    }),
  };
}

/** Pushes again after each refusal: the key of a job makes it one task. */
export async function pushUntilAccepted(
  env: Environment,
  job: Job,
  options?: LabPush,
): Promise<void> {
  for (;;) {
    try {
      await env.push([job], options);
      return;
    } catch (error) {
      env.signal.throwIfAborted();
      if (!RelierError.is(error) || !error.retryable) throw error;
      env.refused++;
    }
    // Without the signal: hundreds of pushes wait here, and each would listen to it.
    await sleep(200);
  }
}

/** Sends a signal to the process of a worker, and records it as a fault. */
export function inject(
  env: Environment,
  { worker, tasks }: Target,
  signal: "SIGKILL" | "SIGSTOP" | "SIGTERM",
): void {
  process.kill(worker.pid, signal);
  if (signal === "SIGSTOP") worker.state = "frozen";
  const what = `${signal} worker ${worker.number} (${worker.pid}) holding ${keysOf(tasks)}`;
  env.addFault(what, tasks, worker.pid);
}

/** Resumes a worker that was stopped. */
export function resume({ worker }: Target): void {
  process.kill(worker.pid, "SIGCONT");
  worker.state = "working";
}

/** The keys of tasks, as one phrase. */
export function keysOf(tasks: readonly RunningJob<Job>[]): string {
  return listed(tasks.map(({ job }) => job?.key ?? "a task"));
}

/**
 * Calls `injectAll`, and waits until each task of the targets was started by another
 * process or is completed. Resolves to how long each restart took, in ms.
 */
export async function untilRecovered(
  { pool, plan }: Environment,
  targets: readonly Target[],
  injectAll: () => void,
): Promise<number[]> {
  const pids = new Set(targets.map(({ worker }) => worker.pid));
  const ids = targets.flatMap(({ tasks }) => tasks.map(({ id }) => id));
  const restarted = new Map<string, number>();
  const began = performance.now();
  const stop = pool.listen(({ what, id, worker, at }) => {
    if (what !== "started" || pids.has(worker.pid) || restarted.has(id)) return;
    if (ids.includes(id)) restarted.set(id, Math.round(at - began));
  });
  injectAll();
  try {
    await pool.until(
      "the interrupted tasks run again",
      () => ids.every((id) => restarted.has(id) || pool.completed.has(id)),
      plan.recoveryMs + 3000,
    );
  } finally {
    stop();
  }
  return [...restarted.values()];
}
