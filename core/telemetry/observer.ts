/**
 * The one interface through which core reports what happens. `otel_observer.ts` implements it for
 * OpenTelemetry, and is loaded once an SDK is registered. An observer only watches: none of its
 * methods throws, and none changes the outcome of a task.
 *
 * @module
 */

import type { Settlement } from "../protocol/settlement.ts";
import type {
  AttemptFacts,
  OperatorFacts,
  PushFacts,
  PushResult,
  QueueGauges,
  ReleaseFacts,
  ResurrectionFacts,
} from "./facts.ts";

/** Options of the reports to OpenTelemetry. */
export interface TelemetryOptions {
  /**
   * The relation between the trace of a push and the trace of its task. `"auto"`: the run is a child
   * of the push and linked to it. A task with a delay of over a minute, and each task of one
   * `pushMany()`, begins a trace of its own with a link. `"parent"` and `"link"`: always the one or
   * the other. `"none"`: neither, and no header is written.
   */
  propagation?: "auto" | "parent" | "link" | "none";
}

/** Gives the observer, if there is one: a promise only until its code is loaded. */
export type Telemetry = () => Observer | Promise<Observer | undefined> | undefined;

/** The headers of a task. */
export type Headers = Readonly<Record<string, string>>;

/** Watches the pushes of one call. */
export interface PushObserver {
  /** The headers that the task at `index` takes along. */
  headersOf(index: number): Headers | undefined;
  /** Runs `send` so that calls made from it belong to the span of the task at `index`. */
  run<R>(index: number, send: () => R): R;
  /** Every push was accepted or refused; the results are in order. */
  end(results: readonly PromiseSettledResult<PushResult>[]): void;
}

/** Runs the code of an attempt inside its span. */
export interface AttemptScope {
  /** Runs the handler, so that calls made from it belong to the attempt. */
  run<R>(work: () => R): R;
  /** Runs a step; a `cached` one only leaves its name. */
  step<R>(key: string, cached: boolean, work: () => R | Promise<R>): Promise<R>;
}

/** Watches one attempt. */
export interface AttemptObserver extends AttemptScope {
  /** The trace context of the attempt, as W3C Trace Context; empty if there is none. */
  readonly trace: string;
  /** The payload was migrated from one version to the next. */
  migrated(from: number, to: number): void;
  /** A timeout of `limitMs` was reached. */
  timeout(kind: "soft" | "hard", limitMs: number): void;
  /** The attempt is decided; `null` if another worker has its task. */
  decided(settlement: Settlement | null): void;
  /** Redis has accepted the settlement, or has refused it. */
  settled(accepted: boolean): void;
}

/** Reports the queues of a worker whenever metrics are collected. */
export interface GaugesObserver {
  /** Moves the gauges to another provider, if one was registered since. */
  refresh(): void;
  /** Ends the reports. */
  stop(): void;
}

/** Watches what happens in this process. */
export interface Observer {
  /** Pushes begin; `buffered` is true if the caller may not wait for them. */
  beginPush(all: readonly PushFacts[], buffered: boolean): PushObserver | undefined;
  /** A push of `task` was refused before it was sent. */
  pushRefused(task: { readonly name: string; readonly queue: string }, error: unknown): void;
  /** An attempt begins. */
  beginAttempt(facts: AttemptFacts): AttemptObserver | undefined;
  /** An attempt begins whose span another process or thread keeps; `trace` is its context. */
  joinAttempt(trace: string): AttemptScope;
  /** Tasks were taken from a worker that is gone. */
  resurrected(queue: string, tasks: readonly ResurrectionFacts[]): void;
  /** A key was claimed outside of a task. */
  keyClaimed(queue: string, result: "executed" | "cached" | "waited" | "conflict"): void;
  /** `Relier.admit()` was answered after `ms`; `reason` is why a push would be refused. */
  admissionChecked(queue: string, reason: string | undefined, ms: number): void;
  /** Dead tasks were released; Redis was asked at `startTime`. */
  released(queue: string, tasks: readonly ReleaseFacts[], startTime: number): void;
  /** An operator acted. */
  operatorActed(action: OperatorFacts): void;
  /** Reports what `read` returns as gauges, whenever metrics are collected. */
  observeQueues(read: () => Promise<readonly QueueGauges[]>): GaugesObserver;
  /** A worker has started, or begins to drain. */
  workerChanged(what: "started" | "draining", worker: string): void;
  /** A worker has stopped, after `ms` of draining. */
  workerDrained(
    worker: string,
    report: { readonly completed: number; readonly handedOff: number },
    ms: number,
  ): void;
  /** The subscription of a worker was cut. */
  disconnected(queue: string, worker: string): void;
  /** Exports what the SDK still holds, as far as it can be asked to. Never rejects. */
  flush(): Promise<void>;
}
