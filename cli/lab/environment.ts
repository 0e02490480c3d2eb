/**
 * Where an experiment is played: a Redis, worker processes, a network between
 * them that can be broken, a ledger, and whoever pushes.
 *
 * @module
 */

import type { ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import {
  createRelier,
  type PushOptions,
  type Queue,
  type Relier,
  type Task,
  type TaskHandle,
} from "../../mod.ts";
import { createWorkerPool, type RunningJob, type WorkerPool } from "../processes/worker_pool.ts";
import type { Otlp } from "../processes/otlp_exporter.ts";
import { atExit, start } from "../processes/child_process.ts";
import { clock, type Ledger, openLedger } from "./ledger.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import type { Random } from "./random.ts";
import type { ChaosRedis } from "./lab_redis.ts";
import { allOf, defineTasks, type Job, queue, type Tasks, type Told } from "./tasks.ts";
import type { WorkerSetup } from "./worker_program.ts";

/** What a stage is built like. */
export interface Plan {
  readonly workers: number;
  /** How many tasks are pushed, where their number is free. */
  readonly tasks: number;
  /** How many tasks a worker runs at a time. */
  readonly concurrency: number;
  readonly leaseMs: number;
  readonly drainMs: number;
  /** Within how many ms a task that was struck has to run again. */
  readonly backMs: number;
  /** Whether each worker reaches Redis through a network of its own that can be broken. */
  readonly breakable: boolean;
  /** How many MB each worker may take, if that is limited. */
  readonly heapMb?: number;
  /** Which worker has a wrong date, and by how many ms. */
  readonly skew?: { readonly worker: number; readonly byMs: number };
}

/** A fault that struck. */
export interface Strike {
  readonly at: number;
  readonly what: string;
  /** The tasks that were in the middle of something, and in which process. */
  readonly ids: readonly string[];
  readonly pid: number;
}

/** The stage. */
export interface Stage {
  readonly plan: Plan;
  readonly random: Random;
  readonly redis: ChaosRedis;
  /** The networks of the workers, in their order; none unless they are breakable. */
  readonly networks: readonly Proxy[];
  readonly crew: WorkerPool<Job>;
  readonly ledger: Ledger;
  readonly relier: Relier;
  readonly queue: Queue;
  readonly tasks: Tasks;
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** Faults that struck so far. */
  readonly strikes: readonly Strike[];
  /** Promises of this experiment that were not kept. */
  readonly broken: readonly string[];
  /** How many pushes were refused. */
  refused: number;
  /** Which release of the tasks the next workers run. */
  version: number;
  /** Pushes jobs, and puts on record that they were accepted; resolves to their ids. */
  push(jobs: readonly Job[], how?: Push): Promise<string[]>;
  /** What the task `id` is called. */
  keyOf(id: string): string;
  /** Puts on record that a push was accepted. */
  accept(handle: TaskHandle, job: Job, how?: Push): void;
  /** A fault has struck; `owed` is what the process `pid` was in the middle of. */
  strike(what: string, owed?: readonly RunningJob<Job>[], pid?: number): void;
  /** Something the experiment promises. */
  promise(kept: boolean, otherwise: string): void;
  /** Resolves when every worker works. */
  complete(): Promise<void>;
  close(): Promise<void>;
}

/** How jobs are pushed, where it is not as ever. */
export interface Push extends PushOptions {
  readonly task?: Task<string, [Job], Told>;
  /** Where they have to end. */
  readonly end?: "completed" | "dead";
  delay?: number;
}

/** Sets the stage. */
export async function setStage(
  plan: Plan,
  redis: ChaosRedis,
  random: Random,
  otlp: Otlp | undefined,
  signal: AbortSignal,
  struck: (strike: Strike) => void,
): Promise<Stage> {
  const folder = mkdtempSync(join(tmpdir(), "relier-chaos-"));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  atExit(clear);
  const prefix = `rl-chaos-${randomBytes(4).toString("hex")}`;
  const networks = await Promise.all(
    Array.from({ length: plan.breakable ? plan.workers : 0 }, () => openProxy(redis.url)),
  );
  const ledger = openLedger(folder);
  const tasks = defineTasks();
  const relier = createRelier({ redis: redis.url, prefix, tasks: allOf(tasks) });
  const strikes: Strike[] = [], broken: string[] = [];

  function hire(number: number): ChildProcess {
    const { concurrency, leaseMs, drainMs, heapMb, skew } = plan;
    const setup: WorkerSetup = {
      name: `rl-chaos-${number}`,
      otlp,
      redis: networks[number - 1]?.url ?? redis.url,
      prefix,
      folder,
      concurrency,
      leaseMs,
      drainMs,
      version: stage.version,
    };
    const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
    if (skew?.worker !== number) {
      const program = new URL("./worker_program.ts", import.meta.url);
      return start(program, setup, { execArgv: [...process.execArgv, ...heap] });
    }
    const env = { ...process.env, RELIER_CHAOS_SKEW_MS: `${skew.byMs}` };
    return start(new URL("./skewed_worker_program.ts", import.meta.url), setup, { env });
  }

  const stage: Omit<Stage, "crew"> = {
    plan,
    random,
    redis,
    networks,
    ledger,
    relier,
    queue: relier.queue(queue),
    tasks,
    prefix,
    signal,
    strikes,
    broken,
    refused: 0,
    version: 2,
    async push(jobs, how = {}) {
      const { task = tasks.work, end: _, ...options } = how;
      const handles = await task.apushMany(jobs.map((job): [Job] => [job]), options);
      handles.forEach((handle, i) => stage.accept(handle, jobs[i]!, how));
      return handles.map(({ id }) => id);
    },
    accept({ id, outcome }, job, { end = "completed", delay = 0 } = {}) {
      ledger.accept({ key: job.key, id, outcome, end, delayMs: delay });
      crew.jobs.set(id, job);
    },
    keyOf: (id) => crew.jobs.get(id)?.key ?? id,
    strike(what, owed = [], pid = 0) {
      const strike = { at: clock(), what, ids: owed.map(({ id }) => id), pid };
      strikes.push(strike);
      struck(strike);
    },
    promise(kept, otherwise) {
      if (!kept) broken.push(otherwise);
    },
    complete: () =>
      crew.until(
        "all workers work",
        () => crew.workers.every(({ state }) => state === "working"),
      ),
    async close() {
      await crew.stop(signal.aborted ? "SIGKILL" : "SIGTERM");
      await relier.close();
      await Promise.all(networks.map((network) => network.close()));
      clear();
    },
  };
  const crew = createWorkerPool<Job>(plan.workers, hire, signal);
  return Object.assign(stage, { crew });
}
