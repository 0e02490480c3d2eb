/**
 * Supervises worker processes. A process that dies is replaced, and its tasks
 * are resurrected at once with the cause of its death; one that does not answer
 * is killed; a drain drains all of them.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { createRelier, type Relier, type WorkerEventName, type WorkerOptions } from "../../mod.ts";
import type { CliError } from "../framework/cli_error.ts";
import type { Otlp } from "../processes/otlp_exporter.ts";
import { evictWorker } from "./evict.ts";
import { fateEvent } from "./log_lines.ts";
import { type ModuleLoading, moduleLoadingOf } from "./module_loader.ts";
import { type ProcessEnd, type ProcessEvent, startError, WorkerProcess } from "./worker_process.ts";
import { createQuarantineHelper, oldestQuarantinedMs } from "./quarantine_helper.ts";
import {
  ProcessSlot,
  type SlotHost,
  type SupervisedProcess,
  type SupervisorEvent,
} from "./process_slot.ts";
import { createStuckProcessGuard } from "./stuck_process_guard.ts";

/** Options of a supervisor. */
export interface SupervisorOptions {
  /** Files that define tasks, relative to `cwd`. */
  readonly modules: readonly string[];
  /** Number of processes. */
  readonly size: number;
  readonly redis: string;
  readonly prefix: string;
  /** Options of each worker. */
  readonly worker?: WorkerOptions & {
    readonly drainTimeout?: number;
    readonly stallBudget?: number;
  };
  /** The processes are `<name>-1`, `<name>-2`, …. Default: `worker`. */
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** OTLP endpoint that each process exports to. */
  readonly otlp?: Otlp | undefined;
  /** Leaked handlers before a process is replaced. Default: half its slots. */
  readonly maxLeaked?: number;
  /** Worker events to report besides those that workers log. */
  readonly reportedEvents?: readonly WorkerEventName[];
  readonly onEvent?: (event: SupervisorEvent) => void;
}

/** A supervisor. */
export interface Supervisor {
  readonly processes: readonly SupervisedProcess[];
  /** Resolves once every process works. @throws {CliError} if none can; then all have ended. */
  readonly ready: Promise<void>;
  /** Resolves once the last process has ended: 0, 1 if it gave up, 75 if one could not hand off. */
  readonly ended: Promise<number>;
  /** Starts more processes and waits until they work, or drains the last ones and waits for their end. */
  scale(size: number): Promise<void>;
  /** Replaces the processes one by one. @throws {CliError} if a new one cannot start. */
  reload(): Promise<void>;
  /** Drains all processes; a second call has them hand off at once. */
  drain(options?: { timeoutMs?: number }): void;
  /** Kills the processes that are left. */
  close(): void;
}

/** Failed starts of a process before the supervisor gives up, while none has ever worked. */
const maxFailures = 3;
export const defaultDrainMs = 20_000;
const defaultStallMs = 30_000;
/** A stalled worker hands its tasks off itself, if it can; after this time it is killed. */
const stalledMs = 2_000;
/** Time limit for the last evictions. */
const goodbyeMs = 5_000;

/**
 * Starts `size` processes.
 *
 * @throws {CliError} 2 if a module is missing, or cannot be read by this runtime.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  return new ProcessSupervisor(options);
}

class ProcessSupervisor implements Supervisor, SlotHost {
  readonly ready: Promise<void>;
  readonly ended: Promise<number>;
  readonly #options: SupervisorOptions;
  readonly #loading: ModuleLoading;
  readonly #relier: Relier;
  readonly #queues: readonly string[];
  readonly #name: string;
  readonly #helperName: string;
  readonly #drainMs: number;
  readonly #slots: ProcessSlot[] = [];
  readonly #evictions = new Set<Promise<void>>();
  readonly #setEnded: (code: number) => void;
  readonly #guards: readonly { stop(): void }[];
  #helper: ProcessSlot | undefined;
  #everWorked = false;
  #draining = false;
  #clean = true;
  #failure: CliError | undefined;
  #reloading = Promise.resolve();

  constructor(options: SupervisorOptions) {
    const { redis, prefix, worker = {}, name = "worker", maxLeaked } = options;
    const { concurrency = 10, queues = ["default"], drainTimeout = defaultDrainMs } = worker;
    let setEnded!: (code: number) => void;
    this.ended = new Promise<number>((resolve) => setEnded = resolve);
    this.#setEnded = setEnded;
    this.#options = options;
    this.#loading = moduleLoadingOf(options.modules, options.cwd ?? process.cwd());
    this.#name = name;
    this.#helperName = `${name}-relief`;
    this.#drainMs = drainTimeout;
    this.#queues = Array.isArray(queues) ? queues : Object.keys(queues);
    this.#relier = createRelier({ redis, prefix, tasks: [] });
    this.#guards = [
      createStuckProcessGuard({
        maxLeaked: maxLeaked ?? Math.max(1, Math.ceil(concurrency / 2)),
        blockedMs: (worker.stallBudget || defaultStallMs) + stalledMs,
        replace: (slot, reason) => void slot.replace(reason, this.#drainMs),
      }, () => this.#slots),
      createQuarantineHelper({
        look: () => oldestQuarantinedMs(this.#relier, this.#queues),
        begin: () => this.#startHelper(),
        end: () => void this.#helper?.drain(this.#drainMs),
      }),
    ];
    // Connects early: an eviction must reach Redis within milliseconds.
    void this.#relier.queue(this.#queues[0]!).stats().catch(() => {});
    this.ready = this.#working(this.#add(options.size));
    this.ready.catch(() => {}); // `ended` reports the failure, too.
  }

  get processes(): readonly SupervisedProcess[] {
    return this.#slots;
  }

  async scale(size: number): Promise<void> {
    const slots = this.#slots.filter((slot) => slot !== this.#helper);
    if (size >= slots.length) return await this.#working(this.#add(size - slots.length));
    await Promise.all(slots.slice(size).map((slot) => slot.drain(this.#drainMs)));
  }

  reload(): Promise<void> {
    return this.#reloading = this.#reloading.catch(() => {}).then(() => this.#reloadAll());
  }

  drain({ timeoutMs = this.#drainMs }: { timeoutMs?: number } = {}): void {
    for (const slot of [...this.#slots]) {
      this.#draining ? slot.handOff() : void slot.drain(timeoutMs);
    }
    this.#draining = true;
  }

  close(): void {
    for (const slot of [...this.#slots]) slot.kill();
  }

  start(child: string, onEvent: (event: ProcessEvent) => void): WorkerProcess {
    const { redis, prefix, worker, otlp, reportedEvents = [] } = this.#options;
    const { cwd = process.cwd(), env = process.env } = this.#options;
    const setup = {
      modules: this.#loading.modules,
      redis,
      prefix,
      worker: {
        ...worker,
        ...(child === this.#helperName && { relief: true, concurrency: 1, prefetch: 0 }),
        name: child,
        supervisor: `${process.pid}`,
      },
      reported: reportedEvents,
      otlp,
    };
    // However this process ends, short of SIGKILL, the worker drains.
    const start = { execArgv: this.#loading.execArgv, cwd, env, last: "SIGTERM" } as const;
    return new WorkerProcess(setup, start, (event) => {
      this.#everWorked ||= event.what === "ready";
      onEvent(event);
    });
  }

  emit(event: SupervisorEvent): void {
    this.#options.onEvent?.(event);
  }

  evict(child: string, worker: string, cause: string): void {
    const eviction = evictWorker(this.#relier, this.#queues, worker, cause).then((tasks) => {
      this.#evictions.delete(eviction);
      if (!tasks) return;
      this.#slots.find(({ name }) => name === child)?.addResurrected(tasks);
      for (const task of tasks) this.emit({ child, pid: 0, worker, ...fateEvent(task) });
    });
    this.#evictions.add(eviction);
  }

  onFailure(end: ProcessEnd, inARow: number): void {
    if (this.#everWorked || this.#draining || this.#failure) return;
    if (end.failure.exit === undefined && inARow < maxFailures) return;
    this.#failure = startError(end);
    this.close();
  }

  onEmpty(slot: ProcessSlot): void {
    const index = this.#slots.indexOf(slot);
    if (index < 0) return;
    this.#slots.splice(index, 1);
    if (this.#draining) this.#clean &&= slot.clean;
    if (slot === this.#helper) this.#helper = undefined;
    if (this.#slots.length === 0) void this.#end();
    // The helper only helps the others, so it ends with them.
    else if (this.#slots.every((each) => each === this.#helper)) {
      void this.#helper!.drain(this.#drainMs);
    }
  }

  #startHelper(): void {
    if (this.#helper || this.#draining) return;
    this.#helper = new ProcessSlot(this.#helperName, this);
    this.#slots.push(this.#helper);
  }

  #add(size: number): ProcessSlot[] {
    const taken = new Set(this.#slots.map((slot) => slot.name));
    const added: ProcessSlot[] = [];
    for (let number = 1; added.length < size; number++) {
      const child = `${this.#name}-${number}`;
      if (!taken.has(child)) added.push(new ProcessSlot(child, this));
    }
    this.#slots.push(...added);
    return added;
  }

  async #working(slots: readonly ProcessSlot[]): Promise<void> {
    await Promise.all(slots.map(({ hasWorked }) => hasWorked));
    if (this.#failure) throw this.#failure;
  }

  async #reloadAll(): Promise<void> {
    for (const slot of [...this.#slots]) {
      const failed = await slot.replace("reload", this.#drainMs);
      if (failed) throw startError(failed);
    }
  }

  async #end(): Promise<void> {
    for (const guard of this.#guards) guard.stop();
    // While Redis is away, the leases expire without an eviction.
    const evicted = Promise.all(this.#evictions);
    await Promise.race([evicted, sleep(goodbyeMs, undefined, { ref: false })]);
    await this.#relier.close();
    this.#setEnded(this.#failure ? 1 : this.#clean ? 0 : 75);
  }
}
