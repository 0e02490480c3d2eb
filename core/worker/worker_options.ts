/**
 * The options of a worker, and its profiles.
 *
 * @module
 */

import type { Logger } from "../log/logger.ts";
import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import {
  booleanOption,
  integerOption,
  keyOption,
  knownOptions,
  moduleOption,
  oneOf,
} from "../base/options.ts";
import { queueOption } from "../protocol/queue_name.ts";
import {
  defaultConcurrency,
  defaultDrainMs,
  defaultLeaseMs,
  defaultStallBudgetMs,
  maxConcurrency,
} from "../defaults.ts";

/** Options of {@linkcode createWorker}. */
export interface WorkerOptions {
  /** A name for people who look for it, 1 to 128 characters. */
  name?: string;
  /** The log of this worker; that of its client by default. See the option of `createRelier()`. */
  logger?: Logger | false;
  /** The program that started and supervises it, 1 to 128 characters. */
  supervisor?: string;
  /** Queues to work on, in turn or by weight (1 to 1,000); `["default"]` by default. */
  queues?: readonly string[] | Readonly<Record<string, number>>;
  /** The most handlers that run at once, 1 to 10,000; 10 by default. */
  concurrency?: number;
  /**
   * The most tasks to hold ready beyond them, 0 to 10,000. They wait behind this worker's own. By
   * default 0; while tasks take less than 2 ms and more are ready, a worker with fewer than 20
   * slots holds 20 tasks in all. It gives them back once none has started for 100 ms.
   */
  prefetch?: number;
  /**
   * The time a drain lets handlers finish; 20 s by default, so that a drain ends within the 30 s
   * after which Kubernetes kills a process.
   */
  drainTimeout?: Duration;
  /**
   * `"default"`: a lease of 10 s, renewed every 3 s. `"fast"`: of 3 s, renewed every second.
   * `"metered"`, for a Redis that bills each command: of 60 s; while idle it beats every 5 min, waits
   * up to a minute for work and sweeps at least every 27 s. The tasks of a killed worker are back within 90 s
   * instead of 1 s or 10 s.
   */
  profile?: "default" | "fast" | "metered";
  /** The time a task stays with a silent worker, 1 s to 1 h; a live one renews it three times within. */
  lease?: Duration;
  /**
   * The time a handler may block the event loop before its tasks count as stalled and go to other
   * workers; 30 s by default, 0 to 1 h. Until then a thread renews the leases. With 0, or without
   * threads, the lease must not end meanwhile.
   */
  stallBudget?: Duration;
  /**
   * Runs only quarantined tasks, one at a time; false by default. Used when no worker is without
   * running tasks.
   */
  relief?: boolean;
  /** Isolates tasks without an `isolate` of their own in a thread or a process; none by default. */
  isolate?: "thread" | "process";
  /** The modules that define tasks, as URLs: isolates import them for tasks without a `module`. */
  modules?: readonly string[];
  /**
   * Modules that isolates import before any other, as URLs; none by default. They register an
   * OpenTelemetry SDK, because an isolate does not inherit the one of this process.
   */
  preload?: readonly string[];
  /** True if it resurrects the tasks of other workers; true by default. */
  phoenix?: boolean;
  /**
   * True if SIGTERM and SIGINT drain it and end the process; true by default. A second signal, 2 s
   * later or more, hands off at once. While others listen to the signal it does not call `exit()`:
   * the process ends with them.
   */
  handleSignals?: boolean;
}

/** Worker options, complete and checked; durations in milliseconds. */
export interface Setup {
  readonly leaseMs: number;
  readonly beatMs: number;
  /** While it holds nothing it beats no more often than this. */
  readonly idleBeatMs: number;
  readonly name: string | null;
  readonly supervisor: string | null;
  readonly queues: readonly { readonly name: string; readonly weight: number }[];
  readonly concurrency: number;
  /** Undefined: as many as it pays to hold. */
  readonly prefetch: number | undefined;
  readonly drainMs: number;
  /** The longest wait for a bell. */
  readonly restMs: number;
  /** The least time between two sweeps without a result. */
  readonly sweepMs: number;
  /** The interval at which the event loop shows that it turns. */
  readonly tickMs: number;
  readonly stallMs: number;
  readonly relief: boolean;
  readonly isolate: "thread" | "process" | undefined;
  readonly modules: readonly string[];
  readonly preload: readonly string[];
  readonly phoenix: boolean;
  readonly handleSignals: boolean;
}

const known = [
  "name",
  "logger",
  "supervisor",
  "queues",
  "concurrency",
  "prefetch",
  "drainTimeout",
  "profile",
  "lease",
  "stallBudget",
  "relief",
  "isolate",
  "modules",
  "preload",
  "phoenix",
  "handleSignals",
];

/**
 * The profiles, in milliseconds and in leases. Bounds: a worker that is silent for 20 leases counts
 * as dead, and sweeps more than half a lease apart count as an absence of Redis.
 */
const profiles = {
  default: { usualMs: defaultLeaseMs, restMs: 5000, idleBeat: 0, sweep: 0 },
  fast: { usualMs: 3000, restMs: 5000, idleBeat: 0, sweep: 0 },
  metered: { usualMs: 60_000, restMs: 60_000, idleBeat: 5, sweep: 0.45 },
} as const;
const profileNames = ["default", "fast", "metered"] as const;

/**
 * Completes and checks worker options.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function readWorkerOptions(given: WorkerOptions): Setup {
  knownOptions("createWorker()", given, known);
  const relief = booleanOption("relief", given.relief ?? false);
  const { queues = ["default"], drainTimeout = defaultDrainMs } = given;
  const { prefetch = relief ? 0 : undefined } = given;
  const { concurrency = relief ? 1 : defaultConcurrency } = given;
  const { profile = "default", phoenix = true, handleSignals = true } = given;
  const { stallBudget = defaultStallBudgetMs, modules = [], preload = [] } = given;
  const { usualMs, restMs, idleBeat, sweep } = profiles[oneOf("profile", profile, profileNames)];
  const { lease = usualMs } = given;
  const leaseMs = toMs("lease", lease, { min: 1000, max: 3_600_000 });
  const { name, supervisor, isolate } = given;
  return {
    name: name === undefined ? null : keyOption("name", name, 128),
    supervisor: supervisor === undefined ? null : keyOption("supervisor", supervisor, 128),
    queues: queuesOf(queues),
    concurrency: integerOption("concurrency", concurrency, {
      min: 1,
      max: relief ? 1 : maxConcurrency,
    }),
    prefetch: prefetch === undefined
      ? prefetch
      : integerOption("prefetch", prefetch, { min: 0, max: relief ? 0 : maxConcurrency }),
    drainMs: toMs("drainTimeout", drainTimeout, { max: maxTimer }),
    leaseMs,
    restMs,
    idleBeatMs: leaseMs * idleBeat,
    sweepMs: leaseMs * sweep,
    beatMs: Math.round(leaseMs * 0.3),
    // Two missed ticks are noticed, long before the shortest lease has ended.
    tickMs: Math.min(500, Math.round(leaseMs / 10)),
    stallMs: toMs("stallBudget", stallBudget, { max: 3_600_000 }),
    relief,
    isolate: isolate === undefined ? isolate : oneOf("isolate", isolate, ["thread", "process"]),
    modules: modulesOf("modules", modules),
    preload: modulesOf("preload", preload),
    phoenix: booleanOption("phoenix", phoenix),
    handleSignals: booleanOption("handleSignals", handleSignals),
  };
}

function modulesOf(name: "modules" | "preload", given: unknown): readonly string[] {
  if (Array.isArray(given)) return given.map((module) => moduleOption(name, module));
  throw new TypeError(
    `Cannot use option "${name}": it must be a list of URLs, import.meta.url of each`,
  );
}

function queuesOf(given: NonNullable<WorkerOptions["queues"]>): Setup["queues"] {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      'Cannot use option "queues": it must be a list of names, or weights by name',
    );
  }
  const queues = Array.isArray(given)
    ? given.map((name) => ({ name: queueOption(name), weight: 1 }))
    : Object.entries(given).map(([name, weight]) => ({
      name: queueOption(name),
      weight: integerOption(`queues.${name}`, weight, { min: 1, max: 1000 }),
    }));
  if (queues.length === 0) throw new RangeError('Cannot use option "queues": it must name one');
  if (new Set(queues.map(({ name }) => name)).size < queues.length) {
    throw new RangeError('Cannot use option "queues": it names a queue twice');
  }
  return queues;
}
