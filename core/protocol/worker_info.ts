/**
 * The facts a worker publishes with each heartbeat, for people to read.
 *
 * @module
 */

import type { Timings } from "../base/histogram.ts";

/** The published facts of a worker. */
export interface WorkerInfo {
  /** The name its owner gave it. */
  readonly name: string | null;
  /** The id of its process; 0 where there is none. */
  readonly process: number;
  /** The name of its host. */
  readonly host: string;
  /** `node`, `bun`, `deno` or `workerd`; empty if unknown. */
  readonly runtime: string;
  /** The version of the runtime. */
  readonly version: string;
  /** The most tasks it runs at once. */
  readonly concurrency: number;
  /** The queues it claims from, at most 50. */
  readonly queues: readonly string[];
  /** The time of its start, in ISO 8601, by the clock of its host. */
  readonly startedAt: string;
  /** The tasks it knows, by name; at most 1,000. `queue` is absent for the queue `default`. */
  readonly tasks: readonly {
    readonly name: string;
    readonly version: number;
    readonly queue?: string;
  }[];
  /** The memory of its process, in MB. */
  readonly rssMb: number;
  /** The recent delay of its event loop, in ms. */
  readonly loopLagMs: number;
  /** Handlers that still run after their attempt was decided. */
  readonly leaked: number;
  /** Attempts since its start that lost their task to another worker: Redis refused their outcome. */
  readonly fenced: number;
  /** The recent wait and run times of tasks of this queue. */
  readonly timings: Timings;
  /** The source of its heartbeats. */
  readonly pulse: "thread" | "loop";
  /** The supervisor that started and watches it. */
  readonly supervisor: string | null;
  /** Its state: only a `working` worker claims tasks. */
  readonly state: "working" | "paused" | "draining";
}

/** Reads the facts of a worker; older versions publish fewer. */
export function parseWorkerInfo(text: string): WorkerInfo {
  let said: Partial<WorkerInfo> = {};
  try {
    said = JSON.parse(text);
  } catch {
    // A worker that claimed before its first heartbeat has published nothing yet.
  }
  return {
    name: null,
    process: 0,
    host: "",
    runtime: "",
    version: "",
    concurrency: 0,
    queues: [],
    startedAt: "",
    tasks: [],
    rssMb: 0,
    loopLagMs: 0,
    leaked: 0,
    fenced: 0,
    timings: { wait: {}, run: {} },
    pulse: "loop",
    supervisor: null,
    state: "working",
    ...said,
  };
}
