/**
 * The interfaces between an attempt and the worker that runs it.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { TaskContext } from "../task/task_context.ts";
import type { Definition } from "../task/definition.ts";
import type { Envelope } from "../protocol/envelope.ts";
import type { RelierError } from "../base/errors.ts";
import type { Log, LogFields, LogLevel } from "../log/logger.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { AttemptObserver, AttemptScope } from "../telemetry/observer.ts";

/** The worker of an attempt, as the attempt needs it. */
export interface AttemptHost {
  readonly workerId: string;
  readonly relier: object;
  /** Gets the lines of handlers. */
  readonly log: Log;
  definitionNamed(name: string): Definition | undefined;
  /** Runs tasks of `definition` elsewhere than on this event loop; absent inside an isolate. */
  runner?(definition: Definition): AttemptRunner | undefined;
  /** Renews the lease of this one claim now. @throws {RelierError} `RL_LEASE_LOST` */
  beatOnce(claim: Claim): Promise<void>;
  /** Saves a step, fenced. @throws {RelierError} `RL_LEASE_LOST`, `RL_PAYLOAD_TOO_LARGE` */
  saveStep(claim: Claim, name: string, value: string): Promise<void>;
  /** Begins to observe an attempt; undefined without an observer. */
  observe?(claim: Claim, id: string, task: ObservedTask): AttemptObserver | undefined;
  /** Joins the span of the running attempt, which the worker outside this isolate keeps. */
  join?(): AttemptScope | undefined;
  /** Receives errors that decide no attempt. */
  onError(error: unknown, id: string, name: string): void;
}

/** Runs a claimed task, on this event loop or in an isolate. */
export type AttemptRunner = (task: ClaimedTask, host: AttemptHost) => RunningAttempt;

/** A claimed task that this worker can run. */
export interface ClaimedTask {
  readonly claim: Claim;
  readonly envelope: Envelope;
  readonly definition: Definition;
  readonly observer: AttemptObserver | undefined;
}

/** The facts of a task for its observer, besides its claim. */
export interface ObservedTask {
  readonly name: string;
  readonly headers: Envelope["headers"];
  /** 0 where the task is unknown to this worker. */
  readonly maxAttempts: number;
}

/** The progress that a heartbeat saves; empty texts where nothing is new. */
export interface ProgressUpdate {
  readonly progress: string;
  readonly remark: string;
  readonly partial: string;
}

/** Receives the decision of an attempt; `null` if its claim is lost. */
export type Decided = (settlement: Settlement | null) => void;

/** A handler at work. */
export interface RunningAttempt {
  readonly claim: Claim;
  readonly observer: AttemptObserver | undefined;
  readonly name: string;
  /** The most attempts of its task; 0 if this worker does not know it. */
  readonly maxAttempts: number;
  /** The result it returned or the error it failed with, once it is decided. */
  outcome(): unknown;
  /** Its progress, for the next heartbeat; undefined if no handler runs. */
  readonly context: AttemptContext | undefined;
  /**
   * Starts the handler. Calls `decided` once, before it returns if the handler is
   * synchronous; with `null` if the claim is lost and there is nothing to settle.
   */
  run(decided: Decided): void;
  /** True once the handler has really returned. */
  readonly returned: boolean;
  /** Calls `run` when the handler returns; only while it has not. */
  whenReturned(run: () => void): void;
  /** Calls the hooks of the task, best effort, once Redis has stored `event` as its end. */
  runHooks(event: Settlement["event"]): Promise<void> | undefined;
  /** Another worker has the task: aborts, and settles nothing. */
  lose(): void;
  /** The task is cancelled: aborts, and waits a little for the handler. */
  cancel(reason: string): void;
  /** Aborts, and gives the task back now. */
  handOff(error: RelierError): void;
}

/** The context of a running handler, from the worker's side. */
export interface AttemptContext {
  /** The handler's side. */
  readonly task: TaskContext;
  /** Aborts `ctx.signal`; the first reason stays. */
  abort(reason: RelierError): void;
  /** Aborts `ctx.softSignal`. */
  abortSoftly(reason: RelierError): void;
  /** The partial result, if it is not the one that was last {@linkcode saved}; JSON. */
  partial(): string;
  /** The progress since the last update that was {@linkcode saved}. */
  update(): ProgressUpdate;
  /** Redis has this update. */
  saved(update: ProgressUpdate): void;
  /** Redis has another step. */
  stepSaved(): void;
  /** The handler wrote a line to its log. */
  logged(level: LogLevel, message: string, attributes: LogFields | undefined): void;
  /** The last lines that the handler logged. */
  lastLines(): readonly string[];
  /** True if this attempt has saved a step, or its partial result is larger than the one before. */
  readonly progressed: boolean;
}
