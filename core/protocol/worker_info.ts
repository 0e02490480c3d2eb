/**
 * What a worker says of itself with each beat, for people to read.
 *
 * @module
 */

import type { Timings } from "../base/histogram.ts";

/** What a worker says of itself. */
export interface WorkerInfo {
  /** What its owner calls it. */
  readonly name: string | null;
  /** The process; 0 where there is none. */
  readonly process: number;
  /** Its name, as the host has it. */
  readonly host: string;
  /** `node`, `bun`, `deno` or `workerd`; empty if it does not tell. */
  readonly runtime: string;
  /** Of the runtime. */
  readonly version: string;
  /** How many tasks it runs at once. */
  readonly concurrency: number;
  /** The queues it claims from. */
  readonly queues: readonly string[];
  /** ISO 8601, by the clock of its host. */
  readonly startedAt: string;
  /** The tasks it knows, at most 200. */
  readonly tasks: readonly { readonly name: string; readonly version: number }[];
  /** Memory of its process. */
  readonly rssMb: number;
  /** How late its event loop was lately, in ms. */
  readonly loopLagMs: number;
  /** Handlers that go on after their attempt was decided. */
  readonly leaked: number;
  /** Attempts since it started whose task was another worker's by then: Redis took nothing of them. */
  readonly fenced: number;
  /** How long tasks of this queue waited and ran lately. */
  readonly timings: Timings;
  /** What its beat comes from. */
  readonly pulse: "thread" | "loop";
  /** What started it and looks after it. */
  readonly supervisor: string | null;
  /** Whether it claims. */
  readonly state: "working" | "paused" | "draining";
}

/** Reads what a worker said; one of an older version says less. */
export function parseWorkerInfo(text: string): WorkerInfo {
  let said: Partial<WorkerInfo> = {};
  try {
    said = JSON.parse(text);
  } catch {
    // A worker that claimed and has not beaten yet has said nothing.
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
