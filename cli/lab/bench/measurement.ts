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

/** A measurement. */
export type Plan = PushPlan | WorkPlan | LatencyPlan | MemoryPlan;

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

/** The message of a measuring process. */
export interface MeasurementMessage {
  readonly reading: Reading;
  /** Inconsistencies in the data of the contestant. */
  readonly broken: readonly string[];
}
