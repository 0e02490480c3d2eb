/**
 * What a handler knows about the run it is in.
 *
 * @module
 */

/** What a handler can ask and tell. With a schema it is the second parameter. */
export interface TaskContext<P = unknown> {
  /** The full id of the task. */
  readonly id: string;
  /** The name of the task. */
  readonly name: string;
  /** The queue it came from. */
  readonly queue: string;
  /** The worker that runs it. */
  readonly workerId: string;
  /** Which attempt this is: the failures so far, plus 1. */
  readonly attempt: number;
  /** How many attempts there may be. */
  readonly maxAttempts: number;
  /** How often its worker died or stalled. */
  readonly resurrections: number;
  /** Rises with every claim in the queue: lend it to `UPDATE … WHERE fence < $1`. */
  readonly fence: number;
  /** The same in every attempt: hand it to whatever must not happen twice. */
  readonly idempotencyKey: string;
  /** When Redis accepted the task. */
  readonly enqueuedAt: Date;
  /** When the hard timeout strikes, if there is one. */
  readonly deadline: Date | null;
  /** What the producer attached. */
  readonly headers: Readonly<Record<string, string>>;
  /** Aborts on hard timeout, cancel, drain deadline and lost lease; `reason` is a RelierError. */
  readonly signal: AbortSignal;
  /** Aborts on the soft timeout only. */
  readonly softSignal: AbortSignal;
  /**
   * Renews the lease now and saves what there is to save.
   *
   * @throws {RelierError} `RL_LEASE_LOST` if another worker has the task.
   */
  heartbeat(): Promise<void>;
  /** Reports progress, 0 to 100, with the next heartbeat. */
  progress(percent: number, note?: string): void;
  /** Assign at any time: saved with the next heartbeat, read by the next attempt. At most 256 KB as JSON. */
  partialResult: P | undefined;
  /** What the attempt before left, or `null` in the first one. */
  readonly previous: {
    readonly partialResult: P | undefined;
    readonly error?: { readonly name: string; readonly message: string };
  } | null;
  /**
   * Runs `fn` once for all attempts and remembers what it returned. Names are
   * unique within a task; results are JSON, 256 KB for all steps together.
   *
   * @throws {RelierError} `RL_LEASE_LOST` if another worker has the task: the
   * result was not saved.
   */
  step<T>(name: string, fn: () => T | Promise<T>): Promise<T>;
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
