/**
 * A worker: claims, runs and settles tasks, beats, and resurrects the tasks of dead workers.
 *
 * @module
 */

import type { DrainReport } from "./drain.ts";
import type { Duration } from "../base/duration.ts";
import type { WorkerHealth } from "./health.ts";
import type { TickOptions, TickReport } from "./tick.ts";
import type { WorkerEventName, WorkerEvents } from "../log/events.ts";

/** A worker. */
export interface Worker extends AsyncDisposable {
  /** `w` and 22 characters; new for each worker. */
  readonly id: string;
  /** The names of the tasks that it knows now: others are put off until a worker knows them. */
  readonly tasks: readonly string[];
  /**
   * Subscribes, beats once, and begins to claim. Opens an isolate first, if tasks need one.
   *
   * @throws {RelierError} `RL_ISOLATE` if an isolate cannot load the modules of its tasks.
   * @throws {RelierError} `RL_DATA_LOSS` if Redis evicts keys.
   * @throws {RedisError} If Redis does not answer.
   */
  start(): Promise<void>;
  /**
   * Works within one invocation, instead of {@linkcode start}: resurrects the tasks of dead
   * workers, then claims, runs and settles until nothing is left. It hands off what still runs when
   * the budget is over, and leaves no timer and no subscription. Tasks of an invocation that is cut
   * off come back by their leases. One tick at a time; where a host cuts off whole invocations, a
   * worker for each.
   *
   * @throws TypeError if it was started, ticks already, or has drained.
   * @throws {RelierError} `RL_DATA_LOSS` if Redis evicts keys.
   * @throws {RedisError} If Redis does not answer.
   */
  tick(options?: TickOptions): Promise<TickReport>;
  /**
   * Stops claiming, gives back what has not started, lets the rest finish until
   * `timeout` (the option `drainTimeout` by default), hands off what is left. Takes 5 s more at
   * most, also while Redis is away. A further call joins the drain under way; it only hastens it
   * if it names a shorter `timeout`, such as 0.
   */
  drain(options?: { timeout?: Duration }): Promise<DrainReport>;
  /** Resolves once the worker has drained. */
  readonly stopped: Promise<void>;
  /** Its health, without a call to Redis. */
  health(): WorkerHealth;
  /** Calls `run` for each event of a name; the log reports a listener that throws. */
  on<N extends WorkerEventName>(name: N, run: (event: WorkerEvents[N]) => void): Worker;
}
