/**
 * The messages between a worker and its isolates, and the interface of a host that
 * opens an isolate.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { RelierError, type RelierErrorCode } from "../base/errors.ts";
import { serializeError } from "../base/serialized_error.ts";
import type { ProgressUpdate } from "../execution/running_attempt.ts";
import type { LogLevel } from "../log/logger.ts";
import type { Settlement } from "../protocol/settlement.ts";
import type { TelemetryOptions } from "../telemetry/observer.ts";

/** The properties of an isolate, besides what it runs. */
export interface IsolateKind {
  readonly isolate: "thread" | "process";
  /** Limit of its heap; undefined for the default of the host. */
  readonly memoryMb: number | undefined;
}

/** A thread or a process, as the host makes it. */
export interface Isolate {
  post(message: ToIsolate): void;
  kill(): void;
}

/** Receives the messages and the end of an isolate. */
export interface IsolateEvents {
  message(message: FromIsolate): void;
  /** The isolate ended, once; `why` completes "the thread of task X …". */
  gone(why: string): void;
}

/** The functions of a host that opens isolates. */
export interface IsolateOpener {
  /** True if an isolate of this kind keeps to its `memoryMb`. */
  limitsMemory(isolate: IsolateKind["isolate"]): boolean;
  openIsolate(kind: IsolateKind, events: IsolateEvents): Isolate;
}

/** An error that is sent between worker and isolate. */
export interface ErrorMessage {
  readonly code: RelierErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** A message from a worker to its isolate. */
export type ToIsolate =
  | {
    readonly do: "open";
    readonly origin: unknown;
    readonly prefix: string;
    readonly workerId: string;
    readonly telemetry: TelemetryOptions | false;
    readonly modules: readonly string[];
  }
  /** `trace` is the trace context of the attempt; empty without an observer. */
  | { readonly do: "run"; readonly claim: Claim; readonly trace: string }
  | { readonly do: "cancel"; readonly reason: string }
  | { readonly do: "abort"; readonly error: ErrorMessage }
  | { readonly do: "close" }
  | { readonly do: "answer"; readonly call: number; readonly error?: ErrorMessage };

/** A message from an isolate about the attempt it runs. */
export type AttemptMessage =
  | { readonly what: "progress"; readonly update: ProgressUpdate }
  | { readonly what: "beat"; readonly call: number }
  | {
    readonly what: "step";
    readonly call: number;
    readonly name: string;
    readonly value: string;
  }
  | { readonly what: "error"; readonly error: ErrorMessage }
  /** A line of the handler; `fields` is JSON. */
  | {
    readonly what: "log";
    readonly level: LogLevel;
    readonly message: string;
    readonly fields: string;
  }
  /** `clean`: nothing of the attempt goes on, and the isolate can run another one. */
  | { readonly what: "decided"; readonly settlement: Settlement; readonly clean: boolean };

/** A message from an isolate to its worker. */
export type FromIsolate =
  | { readonly what: "open" }
  | { readonly what: "broken"; readonly error: ErrorMessage }
  /** The telemetry of the isolate is exported: it may be killed. */
  | { readonly what: "closed" }
  | AttemptMessage;

/** An error as data. */
export function encodeError(error: unknown): ErrorMessage {
  const { name, message, stack } = serializeError(error);
  return { code: RelierError.is(error) ? error.code : undefined, name, message, stack };
}

/** The error of an {@linkcode ErrorMessage}. */
export function decodeError({ code, name, message, stack }: ErrorMessage): Error {
  const error = code ? new RelierError(code, message) : new Error(message);
  Object.defineProperty(error, "name", { value: name });
  Object.defineProperty(error, "stack", { value: stack });
  return error;
}
