/**
 * The context of an attempt, as its handler sees it.
 *
 * @module
 */

import type { Stored } from "./stored.ts";

/** The context of an attempt. For a task with a schema it is the second parameter. */
export interface TaskContext<P = unknown> {
  /** The full id of the task. */
  readonly id: string;
  /** The name of the task. */
  readonly name: string;
  /** The queue it came from. */
  readonly queue: string;
  /** The worker that runs it. */
  readonly workerId: string;
  /** The number of this attempt: the failures so far, plus 1. */
  readonly attempt: number;
  /** The most attempts. */
  readonly maxAttempts: number;
  /** The number of workers that died or stalled with the task. */
  readonly resurrections: number;
  /** Rises with every claim in the queue: use it in `UPDATE … WHERE fence < $1`. */
  readonly fence: number;
  /** The same in every attempt: pass it to each call that must not happen twice. */
  readonly idempotencyKey: string;
  /** The time at which Redis accepted the task. */
  readonly enqueuedAt: Date;
  /** The time of the hard timeout, if there is one. */
  readonly deadline: Date | null;
  /** The headers that the producer attached. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts on hard timeout, cancel, drain deadline and lost lease; `reason` is a RelierError. */
  readonly signal: AbortSignal;
  /** Aborts on the soft timeout only. */
  readonly softSignal: AbortSignal;
  /**
   * Renews the lease now, and saves the partial result and the progress.
   *
   * @throws {RelierError} `RL_LEASE_LOST` if another worker has the task.
   */
  heartbeat(): Promise<void>;
  /** Reports progress, 0 to 100, with the next heartbeat. */
  progress(percent: number, note?: string): void;
  /** Assign at any time: the next heartbeat saves it, the next attempt reads it. At most 256 KB as JSON. */
  partialResult: P | undefined;
  /** The outcome of the attempt before, or `null` in the first one. */
  readonly previous: {
    readonly partialResult: P | undefined;
    readonly error?: { readonly name: string; readonly message: string };
  } | null;
  /**
   * Runs `fn` once for all attempts and stores its result. Names are unique within a task, at most
   * 200 characters; results are JSON, 256 KB for all steps together. Of a result that is not plain
   * JSON the next attempt gets the part that JSON can hold. If nothing of it could be kept, that
   * attempt ends with the task in the dead-letter queue, because `fn` never runs again.
   *
   * @throws TypeError if a step of this name has finished in this attempt.
   * @throws {RelierError} `RL_LEASE_LOST` if another worker has the task: the result was not saved.
   * `RL_PAYLOAD_TOO_LARGE` before `fn` is called, if there is no room for another step.
   */
  step<T>(name: string, fn: (() => T | Promise<T>) & Stored<T>): Promise<T>;
  /** Writes a line with the id and name of the task. */
  readonly log: Readonly<
    Record<
      "debug" | "info" | "warn" | "error",
      (
        message: string,
        attributes?: Record<string, unknown>,
      ) => void
    >
  >;
}
