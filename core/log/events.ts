/**
 * The events of a worker, by name, and their fields.
 *
 * @module
 */

/** The task of an event. */
export interface EventTask {
  /** Its full id. */
  readonly id: string;
  /** Its name; empty if its envelope cannot be read. */
  readonly name: string;
  /** The queue it is in. */
  readonly queue: string;
}

/** An attempt at a task. */
export interface EventAttempt extends EventTask {
  /** The number of the attempt: the failures before it, plus 1. */
  readonly attempt: number;
  /** The most attempts of the task; 0 if this worker does not know it. */
  readonly attempts: number;
}

/** An attempt that has ended. */
export interface EndedAttempt extends EventAttempt {
  /** The time from its start to its decision, in ms. */
  readonly durationMs: number;
}

/** The death of a worker that held a task. */
export interface LostTask extends EventTask {
  /** The id of the worker that had it. */
  readonly lostWorker: string;
  /**
   * The end of its worker: `presence` (its connection closed), `lease` (it was silent), `stalled`
   * (it blocked its event loop), `lost claim`, or the cause that a supervisor saw, such as `SIGKILL`.
   */
  readonly cause: string;
  /** The workers that have died or stalled with it so far. */
  readonly deaths: number;
  /** The deaths it may cost before it is dead itself: `maxResurrections`. */
  readonly allowed: number;
}

/** The events of a worker, by name. */
export interface WorkerEvents {
  /** The worker has started. */
  readonly working: {
    /** Its id. */
    readonly worker: string;
    /** The option `name`. */
    readonly workerName: string | null;
    /** Its queues. */
    readonly queues: readonly string[];
    /** Its slots. */
    readonly concurrency: number;
    /** The names of the tasks it knows. */
    readonly tasks: readonly string[];
    /** Host and port of Redis; empty if the port does not say. */
    readonly redis: string;
    /** The version of this package. */
    readonly version: string;
  };
  /** An attempt begins. */
  readonly started: EventAttempt;
  /** A task has completed. */
  readonly completed: EndedAttempt & {
    /** The length of its result as JSON, in characters; 0 without one. */
    readonly resultSize: number;
  };
  /** An attempt has failed, and another one follows. */
  readonly failed: EndedAttempt & {
    /** `failed`, `timeout`, or `retry` for a thrown `Retry`. */
    readonly reason: string;
    /** The error that the handler threw; anything else it threw is the `cause` of one. */
    readonly error: Error;
    /** The delay of the next attempt, in ms. */
    readonly retryMs: number;
  };
  /** A task went to the dead-letter queue. */
  readonly dead: EventAttempt & {
    /** The time of its last attempt, in ms; null if a worker died or stalled with it. */
    readonly durationMs: number | null;
    /** `attempts`, `discarded`, `not retryable`, `crashes`, `stalls`, `unroutable`, `corrupt`, … */
    readonly reason: string;
    /** The error of its last attempt, or how its workers ended. */
    readonly error: Error;
  };
  /** A task was put off, because this worker cannot run it. */
  readonly deferred: EventTask & {
    /** The reason. */
    readonly reason: string;
    /** The time until any worker may try again, in ms. */
    readonly retryMs: number;
  };
  /** A task was given back unharmed, with nothing charged. */
  readonly handedOff: EventTask & {
    /** `drain`, also at the end of a tick, or `connection`. */
    readonly reason: string;
  };
  /** A task was cancelled while it ran. */
  readonly cancelled: EventAttempt & {
    /** The reason that its canceller gave. */
    readonly reason: string;
  };
  /** Redis refused what an attempt wrote: another worker has the task. */
  readonly fenced: EventTask;
  /** This worker resurrected a task whose worker is gone: it runs again. */
  readonly resurrected: LostTask;
  /** The same for a task that has cost more than one worker: it runs again, alone. */
  readonly quarantined: LostTask;
  /** Something blocked the event loop for a second or more. */
  readonly stalled: {
    /** `event loop blocked for 1200 ms`. */
    readonly reason: string;
    /** The time of the block, in ms. */
    readonly lagMs: number;
  };
  /** The worker claims nothing more. */
  readonly draining: {
    /** The time its tasks have to finish, in ms. */
    readonly timeoutMs: number;
    /** The tasks it holds. */
    readonly running: number;
  };
  /** The worker has drained. */
  readonly drained: {
    /** Tasks that completed since it started. */
    readonly completed: number;
    /** Tasks that were given back. */
    readonly handedOff: number;
    /** Tasks whose end Redis did not confirm. */
    readonly unsettled: number;
    /** The time the drain took, in ms. */
    readonly durationMs: number;
  };
  /** An operator sent a command. */
  readonly ordered: {
    /** `pause`, `resume`, `drain`, `stop` or `restart`. */
    readonly reason: string;
  };
  /** Redis has not answered for 1.5 s; again once a minute. */
  readonly redisLost: {
    /** Host and port of Redis; empty if the port does not say. */
    readonly redis: string;
    /** The reason why there is no connection, such as `ECONNREFUSED`; empty if it is unknown. */
    readonly reason: string;
    /** The time of the absence so far, in ms. */
    readonly awayMs: number;
    /** Handlers that go on meanwhile. */
    readonly running: number;
  };
  /** Redis answers again. */
  readonly redisBack: {
    /** Host and port of Redis; empty if the port does not say. */
    readonly redis: string;
    /** The time of the absence, in ms. */
    readonly awayMs: number;
  };
  /**
   * An error that no caller receives; it never holds a payload of this package. Errors of one
   * cause are one event, and a second one with their number once they are over.
   */
  readonly error: {
    /** The error. */
    readonly error: Error;
    /** Of the task it belongs to; empty if there is none. */
    readonly id: string;
    /** Of the task it belongs to; empty if there is none. */
    readonly name: string;
  };
}

/** The names of the events of a worker. */
export type WorkerEventName = keyof WorkerEvents;

/** An event of a worker. */
export type WorkerEvent<N extends WorkerEventName = WorkerEventName> = WorkerEvents[N];
