/**
 * The environment of an experiment: a Redis, worker processes, a breakable network
 * between them, a ledger, and a client that pushes.
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
import { connect, reopen } from "../../adapters/ioredis.ts";
import { createWorkerPool, type RunningJob, type WorkerPool } from "../processes/worker_pool.ts";
import type { Otlp } from "../processes/otlp_exporter.ts";
import { atExit, start } from "../processes/child_process.ts";
import type { FileWork } from "./demo/file_recorder.ts";
import { clock, type Ledger, openLedger } from "./ledger.ts";
import { openProxy, type Proxy } from "./proxy.ts";
import { steppedClock } from "./stepped_clock.ts";
import type { Random } from "./random.ts";
import { type SentinelGroup, startSentinelGroup } from "./sentinel_group.ts";
import type { LabRedis } from "./lab_redis.ts";
import {
  allOf,
  defineTasks,
  type Job,
  queue,
  queueNames,
  type RunResult,
  type Tasks,
} from "./tasks.ts";
import type { WorkerSetup } from "./worker_program.ts";

/** The size and the limits of an environment. */
export interface Plan {
  readonly workers: number;
  /** The number of tasks to push, if the experiment leaves that open. */
  readonly tasks: number;
  /** Slots of each worker. */
  readonly concurrency: number;
  /** Queues of each worker. */
  readonly queues: number;
  readonly leaseMs: number;
  readonly drainMs: number;
  /** The time in which a task has to run again after a fault. */
  readonly recoveryMs: number;
  /** Gives each worker a breakable network of its own to Redis. */
  readonly breakable: boolean;
  /** The memory limit of each worker in MB, if any. */
  readonly heapMb?: number;
  /** The worker whose date is wrong, and by how many ms. */
  readonly skew?: { readonly worker: number; readonly byMs: number };
  /** Puts the tasks into a Redis behind Sentinels, of the environment's own. */
  readonly sentinels?: boolean;
  /** The time after a fault in which Redis itself may undo what it has acknowledged, in ms. */
  readonly undoneMs?: number;
  /** True if the clock of Redis can be stepped; see {@linkcode steppedClock}. */
  readonly steppedClock?: boolean;
}

/** A fault that was injected. */
export interface Fault {
  readonly at: number;
  readonly what: string;
  /** The tasks that were running, and the process that ran them. */
  readonly ids: readonly string[];
  readonly pid: number;
}

/** The parts of an environment. */
export interface EnvironmentSetup {
  /** Begins the names of its keys, folder and services: `chaos` or `demo`. */
  readonly name: string;
  readonly plan: Plan;
  readonly redis: LabRedis;
  readonly random: Random;
  readonly otlp?: Otlp | undefined;
  /** The files that jobs name, if the work is on files. */
  readonly files?: FileWork | undefined;
  readonly signal: AbortSignal;
  /** Called for each fault. */
  onFault?(fault: Fault): void;
}

/** A running environment. */
export interface Environment {
  readonly plan: Plan;
  readonly random: Random;
  readonly redis: LabRedis;
  /** The Redis behind Sentinels that has the tasks, if the plan asks for one. */
  readonly group: SentinelGroup | undefined;
  /** The networks of the workers, by worker; none unless they are breakable. */
  readonly networks: readonly Proxy[];
  readonly pool: WorkerPool<Job>;
  readonly ledger: Ledger;
  readonly relier: Relier;
  readonly queue: Queue;
  /** All queues of the workers, `queue` first. */
  readonly queues: readonly Queue[];
  readonly tasks: Tasks;
  readonly prefix: string;
  readonly signal: AbortSignal;
  /** The faults so far. */
  readonly faults: readonly Fault[];
  /** The broken promises of this experiment so far. */
  readonly broken: readonly string[];
  /** The number of refused pushes. */
  refused: number;
  /** The release of the tasks that the next workers run. */
  version: number;
  /** Pushes jobs and records that they were accepted; resolves to their ids. */
  push(jobs: readonly Job[], options?: LabPush): Promise<string[]>;
  /** The job key of the task `id`. */
  keyOf(id: string): string;
  /** Records that a push was accepted. */
  accept(handle: TaskHandle, job: Job, options?: LabPush): void;
  /** Records a fault; the process `pid` was running `tasks`. */
  addFault(what: string, tasks?: readonly RunningJob<Job>[], pid?: number): void;
  /** Records a broken promise unless `kept`. */
  promise(kept: boolean, otherwise: string): void;
  /** Resolves when every worker works. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** Options of a push in the lab. */
export interface LabPush extends PushOptions {
  readonly task?: Task<string, [Job], RunResult>;
  /** The state in which the tasks have to end; one that is cancelled may complete before. */
  readonly end?: "completed" | "dead" | "cancelled";
  delay?: number;
}

/** Starts the workers, networks and client of an environment. */
export async function createEnvironment(setup: EnvironmentSetup): Promise<Environment> {
  const { name, plan, redis, random, signal, onFault } = setup;
  const folder = mkdtempSync(join(tmpdir(), `relier-${name}-ledger-`));
  const clear = () => rmSync(folder, { recursive: true, force: true });
  atExit(clear);
  const prefix = `rl-${name}-${randomBytes(4).toString("hex")}`;
  const networks = await Promise.all(
    Array.from({ length: plan.breakable ? plan.workers : 0 }, () => openProxy(redis.url)),
  );
  const group = plan.sentinels ? await startSentinelGroup() : undefined;
  const port = plan.steppedClock ? steppedClock(connect(redis.url)) : group && reopen(group.origin);
  const tasks = defineTasks();
  const relier = createRelier({ redis: port ?? redis.url, prefix, tasks: allOf(tasks) });
  const release = { version: 2 };
  const sentinels = group?.origin;
  const startWorker = workerStarter(setup, { folder, prefix, networks, release, sentinels });
  const pool = createWorkerPool<Job>(plan.workers, startWorker, signal);
  const base = { plan, random, redis, group, networks, pool, relier, tasks, prefix, signal };
  return Object.assign(release, { ...base, refused: 0 }, recordsOf(folder, pool, tasks, onFault), {
    queue: relier.queue(queue),
    queues: queueNames(plan.queues).map((name) => relier.queue(name)),
    ready: () =>
      pool.until(
        "all workers work",
        () => pool.workers.every(({ state }) => state === "working"),
        120_000, // A busy machine may take long to start processes.
      ),
    async close() {
      await pool.stop(signal.aborted ? "SIGKILL" : "SIGTERM");
      await relier.close();
      await port?.close();
      await group?.close();
      await Promise.all(networks.map((network) => network.close()));
      clear();
    },
  });
}

/** The part of an environment that records pushes, faults and broken promises. */
function recordsOf(
  folder: string,
  pool: WorkerPool<Job>,
  tasks: Tasks,
  onFault: EnvironmentSetup["onFault"],
): Pick<
  Environment,
  "ledger" | "faults" | "broken" | "push" | "accept" | "keyOf" | "addFault" | "promise"
> {
  const ledger = openLedger(folder);
  const faults: Fault[] = [], broken: string[] = [];
  const accept: Environment["accept"] = ({ id, outcome }, job, options = {}) => {
    const { end = "completed", delay = 0, durability } = options;
    const confirmed = durability !== undefined;
    ledger.accept({ key: job.key, id, outcome, end, delayMs: delay, confirmed });
    pool.jobs.set(id, job);
  };
  return {
    ledger,
    faults,
    broken,
    accept,
    async push(jobs, options = {}) {
      const { task = tasks.work, end: _, ...pushOptions } = options;
      const handles = await task.apushMany(jobs.map((job): [Job] => [job]), pushOptions);
      handles.forEach((handle, i) => accept(handle, jobs[i]!, options));
      return handles.map(({ id }) => id);
    },
    keyOf: (id) => pool.jobs.get(id)?.key ?? id,
    addFault(what, running = [], pid = 0) {
      const fault = { at: clock(), what, ids: running.map(({ id }) => id), pid };
      faults.push(fault);
      onFault?.(fault);
    },
    promise(kept, otherwise) {
      if (!kept) broken.push(otherwise);
    },
  };
}

/** Starts the worker of a number: with its network, its memory limit and its clock. */
function workerStarter(
  { name, plan, redis, otlp, files }: EnvironmentSetup,
  { folder, prefix, networks, release, sentinels }: {
    readonly folder: string;
    readonly prefix: string;
    readonly networks: readonly Proxy[];
    readonly release: { readonly version: number };
    readonly sentinels: object | undefined;
  },
): (number: number) => ChildProcess {
  const { concurrency, leaseMs, drainMs, heapMb, skew } = plan;
  return (number) => {
    const setup: WorkerSetup = {
      name: `rl-${name}-${number}`,
      otlp,
      redis: networks[number - 1]?.url ?? redis.url,
      sentinels,
      prefix,
      folder,
      files,
      concurrency,
      queues: queueNames(plan.queues),
      leaseMs,
      drainMs,
      version: release.version,
      steppedClock: plan.steppedClock ?? false,
    };
    const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
    if (skew?.worker !== number) {
      const program = new URL("./worker_program.ts", import.meta.url);
      return start(program, setup, { execArgv: [...process.execArgv, ...heap] });
    }
    const env = { ...process.env, RELIER_CHAOS_SKEW_MS: `${skew.byMs}` };
    return start(new URL("./skewed_worker_program.ts", import.meta.url), setup, { env });
  };
}
