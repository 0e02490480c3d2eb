/**
 * How a worker is set up.
 *
 * @module
 */

import { type Duration, maxTimer, toMs } from "./duration.ts";
import type { Rhythm } from "./heart.ts";
import { booleanOption, integerOption, knownOptions, nameOption, oneOf } from "./options.ts";

/** Options of {@linkcode createWorker}. */
export interface WorkerOptions {
  /** Queues to work on, in turn or by weight (1 to 1,000); `["default"]` by default. */
  queues?: readonly string[] | Readonly<Record<string, number>>;
  /** How many handlers run at once, 1 to 10,000; 10 by default. */
  concurrency?: number;
  /** How many more tasks to hold ready, 0 to 10,000; 0 by default. They wait behind this worker's own. */
  prefetch?: number;
  /** How long a drain lets handlers finish; 30 s by default. */
  drainTimeout?: Duration;
  /** A lease of 10 s beaten every 3 s (`"default"`), or of 3 s beaten every second (`"fast"`). */
  profile?: "default" | "fast";
  /** How long a task stays with a worker that is silent, 1 s to 1 h; beaten three times within. */
  lease?: Duration;
  /** Whether it brings back what other workers left; true by default. */
  phoenix?: boolean;
  /** Whether SIGTERM and SIGINT drain it and end the process; true by default. */
  handleSignals?: boolean;
}

/** Worker options, complete and checked; durations in milliseconds. */
export interface Setup extends Rhythm {
  readonly queues: readonly { readonly name: string; readonly weight: number }[];
  readonly concurrency: number;
  readonly prefetch: number;
  readonly drainMs: number;
  readonly phoenix: boolean;
  readonly handleSignals: boolean;
}

const known = [
  "queues",
  "concurrency",
  "prefetch",
  "drainTimeout",
  "profile",
  "lease",
  "phoenix",
  "handleSignals",
];
const most = 10_000;

/**
 * Completes and checks worker options.
 *
 * @throws TypeError, RangeError naming the option, its value and what is allowed.
 */
export function readWorkerOptions(given: WorkerOptions): Setup {
  knownOptions("createWorker()", given, known);
  const { queues = ["default"], concurrency = 10, prefetch = 0, drainTimeout = 30_000 } = given;
  const { profile = "default", phoenix = true, handleSignals = true } = given;
  oneOf("profile", profile, ["default", "fast"]);
  const { lease = profile === "fast" ? 3000 : 10_000 } = given;
  const leaseMs = toMs("lease", lease, { min: 1000, max: 3_600_000 });
  return {
    queues: queuesOf(queues),
    concurrency: integerOption("concurrency", concurrency, { min: 1, max: most }),
    prefetch: integerOption("prefetch", prefetch, { min: 0, max: most }),
    drainMs: toMs("drainTimeout", drainTimeout, { max: maxTimer }),
    leaseMs,
    beatMs: Math.round(leaseMs * 0.3),
    phoenix: booleanOption("phoenix", phoenix),
    handleSignals: booleanOption("handleSignals", handleSignals),
  };
}

function queuesOf(given: NonNullable<WorkerOptions["queues"]>): Setup["queues"] {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      'Cannot use option "queues": it must be a list of names, or weights by name',
    );
  }
  const queues = Array.isArray(given)
    ? given.map((name) => ({ name: nameOption("queue", name), weight: 1 }))
    : Object.entries(given).map(([name, weight]) => ({
      name: nameOption("queue", name),
      weight: integerOption(`queues.${name}`, weight, { min: 1, max: 1000 }),
    }));
  if (queues.length === 0) throw new RangeError('Cannot use option "queues": it must name one');
  if (new Set(queues.map(({ name }) => name)).size < queues.length) {
    throw new RangeError('Cannot use option "queues": it names a queue twice');
  }
  return queues;
}
