/**
 * The measurements of one contestant in one process, as data between the processes.
 *
 * @module
 */

import type { ContestantName } from "./contestants/roster.ts";

/** Pushes: one after the other, by many producers at once, or in batches. */
export interface PushPlan {
  readonly kind: "push";
  readonly way: "awaited" | "concurrent" | "bulk";
  readonly tasks: number;
}

/** Waiting tasks that a worker runs. */
export interface WorkPlan {
  readonly kind: "work";
  readonly concurrency: number;
  readonly tasks: number;
  /** Handlers take up to this many milliseconds; 0 for none. */
  readonly handlerMs: number;
}

/** Waiting tasks of one worker, with a process beside it that works too, or that pushes. */
export interface PairPlan {
  readonly kind: "pair";
  readonly helper: "work" | "produce";
  readonly concurrency: number;
  readonly tasks: number;
}

/** Single tasks for an idle worker. */
export interface LatencyPlan {
  readonly kind: "latency";
  readonly tasks: number;
}

/** Memory per task: waiting, running and completed. */
export interface MemoryPlan {
  readonly kind: "memory";
  readonly tasks: number;
}

/** A worker of a queue with many waiting tasks. */
export interface DepthPlan {
  readonly kind: "depth";
  readonly waiting: number;
  readonly tasks: number;
}

/** A worker with many running tasks. */
export interface InFlightPlan {
  readonly kind: "inFlight";
  readonly running: number;
  readonly tasks: number;
}

/** A worker of many queues. Of Relier only. */
export interface QueuesPlan {
  readonly kind: "queues";
  readonly queues: number;
  readonly tasks: number;
}

/** A worker of many queues that gets one task in each. Of Relier only. */
export interface SpreadPlan {
  readonly kind: "spread";
  readonly queues: number;
}

/** Scheduled tasks that are due at once. Of Relier only. */
export interface DuePlan {
  readonly kind: "due";
  readonly tasks: number;
}

/** Workers without work. Of Relier only. */
export interface IdlePlan {
  readonly kind: "idle";
  readonly workers: number;
  readonly queues: number;
}

/** A measurement. */
export type Plan =
  | PushPlan
  | WorkPlan
  | PairPlan
  | LatencyPlan
  | MemoryPlan
  | DepthPlan
  | InFlightPlan
  | QueuesPlan
  | SpreadPlan
  | DuePlan
  | IdlePlan;

/** Figures by name. */
export type Reading = Readonly<Record<string, number>>;

/** The first message to a measuring process. */
export interface MeasurementSetup {
  readonly contestant: ContestantName;
  readonly url: string;
  readonly prefix: string;
  /** True if the database is the bench's own, and may be flushed. */
  readonly own: boolean;
  /** Bytes of a payload. */
  readonly payloadBytes: number;
  readonly plan: Plan;
}

/** The first message to the process beside a measuring process. */
export type HelperSetup = Pick<PairPlan, "helper" | "concurrency"> & Omit<MeasurementSetup, "plan">;

/** The progress of that process: tasks so far, and the time of the last one in ms since 1970. */
export interface HelperMessage {
  readonly done: number;
  readonly at: number;
}

/** The message of a measuring process. */
export interface MeasurementMessage {
  readonly reading: Reading;
  /** Inconsistencies in the data of the contestant. */
  readonly broken: readonly string[];
}
