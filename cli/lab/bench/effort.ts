/**
 * The amount of work of a benchmark.
 *
 * @module
 */

import type { ContestantName } from "./contestants/roster.ts";

/** The amount of work to measure. */
export interface Effort {
  /** Tasks of a measurement of a slow queue; faster ones run a multiple. */
  readonly tasks: number;
  /** Alternating rounds of each measurement. */
  readonly rounds: number;
  /** Concurrencies of the worker. */
  readonly concurrency: readonly number[];
  /** Kills of the recovery benchmark. */
  readonly kills: number;
  /** True for the measurements that the quick form leaves out. */
  readonly extended: boolean;
  /** The contestants, Relier among them. */
  readonly entrants: readonly ContestantName[];
}

/** The effort of a single benchmark, and of all. */
export const fullEffort: Pick<Effort, "tasks" | "rounds" | "extended"> = {
  tasks: 8_000,
  rounds: 3,
  extended: true,
};

/** The effort of the quick form; finished jobs that BullMQ removes cost it about the same. */
export const quickEffort: Pick<Effort, "tasks" | "rounds" | "extended" | "entrants"> = {
  tasks: 8_000,
  rounds: 2,
  extended: false,
  entrants: ["relier", "floor", "bullmq", "bee-queue", "groupmq"],
};
