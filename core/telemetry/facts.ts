/**
 * The facts an observer reads. They are structural types: a prepared push is a
 * {@linkcode PushFacts} and the details of a task are part of {@linkcode ResurrectionFacts}, so a
 * report copies nothing, and the observer imports no other folder.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";

/** One push, before it is sent. */
export interface PushFacts {
  readonly partition: { readonly queue: string };
  /** The full id it has, or will have. */
  readonly id: string;
  /** The name of the task. */
  readonly task: string;
  /** The size of its payload. */
  readonly bytes: number;
  /** True if an existing task is a valid outcome. */
  readonly joins: boolean;
  readonly options: {
    readonly durability?: "memory" | "fsync" | { readonly replicas: number };
  };
  readonly row: {
    /** The delay of the task; 0 without one. */
    readonly delayMs: number;
    /** The time at which it is due, in ms since 1970; 0 for now. */
    readonly atMs: number;
  };
  readonly draft: { readonly headers?: Readonly<Record<string, string>> | undefined };
}

/** A push that was accepted. */
export interface PushResult {
  readonly outcome: "created" | "joined" | "running" | "replayed" | "dead";
}

/** An attempt, as it begins. */
export interface AttemptFacts {
  readonly claim: Claim;
  /** The full id of the task. */
  readonly id: string;
  /** The name of the task; empty if its envelope cannot be read. */
  readonly name: string;
  readonly headers: Readonly<Record<string, string>>;
  /** 0 if this process does not know the task. */
  readonly maxAttempts: number;
  readonly workerId: string;
  /** True if the caller of the worker waits for it: then the attempt is part of the caller's trace. */
  readonly called: boolean;
}

/** An attempt that ended because its worker did. */
export interface LostAttempt {
  readonly start: Date;
  readonly end: Date;
  readonly worker: string;
  readonly cause: string;
}

/** A task that was taken from a worker that is gone. */
export interface ResurrectionFacts {
  readonly id: string;
  /** The cause for which it was taken from its worker. */
  readonly cause: string;
  /** The stored details; absent if they could not be read. */
  readonly details: {
    readonly name: string;
    readonly state: string;
    readonly attempt: number;
    readonly headers: Readonly<Record<string, string>>;
    /** Stored facts by name, such as `alive`, `trace` and `before`. */
    readonly facts: Readonly<Record<string, string>>;
    readonly history: readonly LostAttempt[];
  } | undefined;
}

/** A dead task that was released. */
export interface ReleaseFacts {
  readonly id: string;
  /** Empty if its envelope cannot be read. */
  readonly name: string;
  /** The trace context of the attempt it died in; empty if that was not observed. */
  readonly trace: string;
}

/** An action of an operator. */
export interface OperatorFacts {
  readonly actor: string;
  readonly action: string;
  readonly target: string;
  readonly surface: string;
}

/** The numbers of a queue at one moment. */
export interface QueueGauges {
  readonly queue: string;
  readonly tasks: readonly (readonly [state: string, count: number])[];
  readonly workers: readonly (readonly [state: string, count: number])[];
  /** The age of the task that is first in line. */
  readonly oldestMs: number;
  /** Of the server, in bytes; 0 if it is unknown, or if there is no limit. */
  readonly memory: { readonly used: number; readonly limit: number };
}
