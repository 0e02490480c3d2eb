/**
 * Keeps a number of worker processes at work. One that dies is replaced, and
 * what it held is brought back at once, with what it died of; one that does not
 * answer is killed; when it is told to leave, all of them drain.
 *
 * @module
 */

import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { createRelier, type WorkerEventName, type WorkerOptions } from "../../mod.ts";
import { CliError } from "../framework/cli_error.ts";
import type { Otlp } from "../processes/otlp_exporter.ts";
import { evictWorker } from "./evict.ts";
import { loadingOf } from "./module_loader.ts";
import { type ProcessEnd, startWorkerProcess } from "./worker_process.ts";
import { createQuarantineHelper, oldestQuarantinedMs } from "./quarantine_helper.ts";
import {
  createProcessSlot,
  type ProcessSlot,
  type SlotHost,
  type SupervisedProcess,
  type SupervisorEvent,
} from "./process_slot.ts";
import { createStuckProcessGuard } from "./stuck_process_guard.ts";

/** How to supervise. */
export interface SupervisorOptions {
  /** Files that define tasks, seen from `cwd`. */
  readonly modules: readonly string[];
  /** How many processes. */
  readonly size: number;
  readonly redis: string;
  readonly prefix: string;
  /** The options of each worker; its signals are ours to handle. */
  readonly worker?: WorkerOptions & {
    readonly drainTimeout?: number;
    readonly stallBudget?: number;
  };
  /** The processes are `<name>-1`, `<name>-2`, …; `worker` by default. */
  readonly name?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** Where each process exports what OpenTelemetry is told. */
  readonly otlp?: Otlp | undefined;
  /** How many handlers may go on after their attempt was decided before a process is replaced; half its slots by default. */
  readonly maxLeaked?: number;
  /** The events of the workers that are told one by one. */
  readonly reportedEvents?: readonly WorkerEventName[];
  readonly onEvent?: (event: SupervisorEvent) => void;
}

/** A supervisor. */
export interface Supervisor {
  readonly processes: readonly SupervisedProcess[];
  /** Resolves once every process works. @throws {CliError} If none can; then all are gone. */
  readonly ready: Promise<void>;
  /** Resolves once the last process is gone: 0, 1 if it gave up, 75 if one could not hand off. */
  readonly ended: Promise<number>;
  /** Starts more processes and resolves once they work, or drains the last ones and resolves once they are gone. */
  scale(size: number): Promise<void>;
  /** Replaces one process after another, each by one that works. @throws {CliError} If a new one cannot begin. */
  reload(): Promise<void>;
  /** Drains all processes; the second time it has them hand off at once. */
  drain(options?: { timeoutMs?: number }): void;
  /** Kills what is left. */
  close(): void;
}

const notable: readonly WorkerEventName[] = [
  "failed",
  "dead",
  "handedOff",
  "cancelled",
  "fenced",
  "resurrected",
  "stalled",
  "draining",
  "error",
];
/** So often a process may end soon after it began, while none has ever worked. */
const mostFails = 3;
const defaultDrainMs = 30_000;
const defaultStallMs = 30_000;
/** A worker that is stalled gives its tasks away by itself, where it can; then it is killed. */
const stalledMs = 2_000;
/** How long Redis may take to hear of the last deaths. */
const longestGoodbyeMs = 5_000;

/**
 * Starts `size` processes.
 *
 * @throws {CliError} 2 if a module is not there, or cannot be read here.
 */
export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { modules, redis, prefix, worker = {}, name = "worker", cwd = process.cwd() } = options;
  const { env = process.env, reportedEvents = notable, onEvent = () => {} } = options;
  const { concurrency = 10, queues: given = ["default"], drainTimeout: drainMs = defaultDrainMs } =
    worker;
  const loading = loadingOf(modules, cwd);
  const queues = Array.isArray(given) ? given : Object.keys(given);
  const relier = createRelier({ redis, prefix, tasks: [] });
  const slots: ProcessSlot[] = [];
  const evictions = new Set<Promise<void>>();
  let everWorked = false, draining = false, clean = true;
  let failure: CliError | undefined;
  let reloading = Promise.resolve();
  let end!: (code: number) => void;
  const ended = new Promise<number>((resolve) => end = resolve);
  const watch = createStuckProcessGuard({
    maxLeaked: options.maxLeaked ?? Math.max(1, Math.ceil(concurrency / 2)),
    blockedMs: (worker.stallBudget || defaultStallMs) + stalledMs,
    replace: (slot, reason) => void slot.replace(reason, drainMs),
  }, () => slots);

  let helper: ProcessSlot | undefined;
  const helperName = `${name}-relief`;
  const relief = createQuarantineHelper({
    look: () => oldestQuarantinedMs(relier, queues),
    begin() {
      if (helper || draining) return;
      helper = createProcessSlot(helperName, host);
      slots.push(helper);
    },
    end: () => helper?.drain(drainMs),
  });

  const host: SlotHost = {
    start: (child, hear) =>
      startWorkerProcess(
        {
          modules: loading.modules,
          redis,
          prefix,
          worker: {
            ...worker,
            ...(child === helperName && { relief: true, concurrency: 1, prefetch: 0 }),
            name: child,
            supervisor: `${process.pid}`,
          },
          reported: reportedEvents,
          otlp: options.otlp,
        },
        // However we end, short of SIGKILL, it drains.
        { execArgv: loading.execArgv, cwd, env, last: "SIGTERM" },
        (heard) => {
          everWorked ||= heard.what === "ready";
          hear(heard);
        },
      ),
    emit: onEvent,
    evict(child, id, cause) {
      const eviction = evictWorker(relier, queues, id, cause).then((ids) => {
        evictions.delete(eviction);
        if (!ids) return;
        slots.find((slot) => slot.name === child)?.addResurrected(ids.length);
        onEvent({ what: "evicted", child, pid: 0, worker: id, reason: cause, ids });
      });
      evictions.add(eviction);
    },
    onFailure(how, inARow) {
      if (everWorked || draining || failure) return;
      if (how.failure.exit === undefined && inARow < mostFails) return;
      failure = complain(how);
      for (const slot of [...slots]) slot.kill();
    },
    onEmpty(slot) {
      const index = slots.indexOf(slot);
      if (index < 0) return;
      slots.splice(index, 1);
      if (draining) clean &&= slot.clean;
      if (slot === helper) helper = undefined;
      if (slots.length === 0) void close();
      // It helps the others, and does not go on without them.
      else if (slots.every((each) => each === helper)) helper!.drain(drainMs);
    },
  };

  async function close(): Promise<void> {
    watch.stop();
    relief.stop();
    // Where Redis is away, the leases end by themselves.
    await Promise.race([
      Promise.all(evictions),
      pause(longestGoodbyeMs, undefined, { ref: false }),
    ]);
    await relier.close();
    end(failure ? 1 : clean ? 0 : 75);
  }

  function add(size: number): ProcessSlot[] {
    const taken = new Set(slots.map((slot) => slot.name));
    const added: ProcessSlot[] = [];
    for (let number = 1; added.length < size; number++) {
      const child = `${name}-${number}`;
      if (!taken.has(child)) added.push(createProcessSlot(child, host));
    }
    slots.push(...added);
    return added;
  }

  async function working(which: readonly ProcessSlot[]): Promise<void> {
    await Promise.all(which.map(({ hasWorked }) => hasWorked));
    if (failure) throw failure;
  }

  async function reloadAll(): Promise<void> {
    for (const slot of [...slots]) {
      const how = await slot.replace("reload", drainMs);
      if (how) throw complain(how);
    }
  }

  // The connection stands before it is needed: a death is told within milliseconds.
  void relier.queue(queues[0]!).stats().catch(() => {});
  const ready = working(add(options.size));
  ready.catch(() => {}); // Whoever waits for it is told; so is whoever waits for the end.

  return {
    get processes() {
      return slots;
    },
    ready,
    ended,
    async scale(size) {
      const crew = slots.filter((slot) => slot !== helper);
      if (size >= crew.length) return await working(add(size - crew.length));
      const leavers = crew.slice(size);
      const gone = leavers.map(({ current }) => current?.ended);
      for (const slot of leavers) slot.drain(drainMs);
      await Promise.all(gone);
    },
    reload: () => reloading = reloading.catch(() => {}).then(reloadAll),
    drain({ timeoutMs = drainMs } = {}) {
      for (const slot of [...slots]) draining ? slot.handOff() : slot.drain(timeoutMs);
      draining = true;
    },
    close() {
      for (const slot of [...slots]) slot.kill();
    },
  };
}

function complain({ failure, cause }: ProcessEnd): CliError {
  const { text, hint, exit = 1 } = failure;
  if (failure.exit !== undefined) {
    return new CliError(exit as CliError["exit"], text, hint === undefined ? {} : { hint });
  }
  return new CliError(
    1,
    `Cannot start a worker: the process ended by ${cause}${text && `:\n${text}`}`,
  );
}
