/**
 * The line between a worker and an isolate of its own: what either says, and what
 * a host has to bring along for it.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import { RelierError, type RelierErrorCode } from "../base/errors.ts";
import { serializeError } from "../base/serialized_error.ts";
import type { News } from "../execution/running_attempt.ts";
import type { Verdict } from "../execution/outcome.ts";
import type { TelemetryOptions } from "../telemetry/load_observer.ts";

/** What an isolate is, besides what it runs. */
export interface IsolateKind {
  readonly isolate: "thread" | "process";
  /** Of its heap; as the host has it by default. */
  readonly memoryMb: number | undefined;
}

/** A thread or a process, as the host makes them. */
export interface Isolate {
  post(message: ToIsolate): void;
  kill(): void;
}

/** An error on its way between worker and isolate. */
export interface Told {
  readonly code: RelierErrorCode | undefined;
  readonly name: string;
  readonly message: string;
  readonly stack: string;
}

/** What a worker tells its isolate. */
export type ToIsolate =
  | {
    readonly do: "open";
    readonly origin: unknown;
    readonly prefix: string;
    readonly workerId: string;
    readonly telemetry: TelemetryOptions | false;
    readonly modules: readonly string[];
  }
  | { readonly do: "run"; readonly claim: Claim }
  | { readonly do: "cancel"; readonly reason: string }
  | { readonly do: "abort"; readonly error: Told }
  | { readonly do: "close" }
  | { readonly do: "answer"; readonly call: number; readonly error?: Told };

/** What an isolate tells its worker. */
export type FromIsolate =
  | { readonly what: "open" }
  | { readonly what: "broken"; readonly error: Told }
  /** It may be killed: what was observed in it is exported. */
  | { readonly what: "closed" }
  | { readonly what: "news"; readonly news: News }
  | { readonly what: "beat"; readonly call: number }
  | {
    readonly what: "step";
    readonly call: number;
    readonly name: string;
    readonly value: string;
  }
  | { readonly what: "error"; readonly error: Told }
  /** `whole`: nothing of the attempt goes on, and the isolate can run another one. */
  | { readonly what: "verdict"; readonly verdict: Verdict; readonly whole: boolean };

/** An error as data. */
export function told(error: unknown): Told {
  const { name, message, stack } = serializeError(error);
  return { code: RelierError.is(error) ? error.code : undefined, name, message, stack };
}

/** The error that was told. */
export function thrown({ code, name, message, stack }: Told): Error {
  const error = code ? new RelierError(code, message) : new Error(message);
  Object.defineProperty(error, "name", { value: name });
  Object.defineProperty(error, "stack", { value: stack });
  return error;
}
