/**
 * What a worker tells whoever listens.
 *
 * @module
 */

import { functionOption, oneOf } from "../base/options.ts";

/**
 * What can happen. `fenced`: a claim was no longer ours, and nothing was written.
 * `ordered`: an operator told it what to do; the reason says what.
 * `stalled`: something blocked the event loop for a second or more.
 */
export type WorkerEventName =
  | "started"
  | "completed"
  | "failed"
  | "dead"
  | "deferred"
  | "handedOff"
  | "cancelled"
  | "fenced"
  | "resurrected"
  | "stalled"
  | "draining"
  | "ordered"
  | "error";

const names: readonly WorkerEventName[] = [
  "started",
  "completed",
  "failed",
  "dead",
  "deferred",
  "handedOff",
  "cancelled",
  "fenced",
  "resurrected",
  "stalled",
  "draining",
  "ordered",
  "error",
];

/** Something that happened; the id and name of the task are empty where it is about none. */
export interface WorkerEvent {
  /** Of the task. */
  readonly id: string;
  /** Of the task. */
  readonly name: string;
  /** Why: the cause of a resurrection, the reason of a failure. */
  readonly reason?: string;
  /** What was thrown where nobody could be told; it never holds a payload of ours. */
  readonly error?: unknown;
}

/** Tells everybody. */
export type Emit = (name: WorkerEventName, event: WorkerEvent) => void;

/** Listeners by event, and the one function that calls them. */
export function createEvents(): {
  readonly emit: Emit;
  on(name: WorkerEventName, run: (event: WorkerEvent) => void): void;
} {
  const listeners = new Map<WorkerEventName, ((event: WorkerEvent) => void)[]>();
  return {
    emit(name, event) {
      for (const run of listeners.get(name) ?? []) {
        try {
          run(event);
        } catch (error) {
          console.error(`[relier] a listener of "${name}" threw`, error);
        }
      }
    },
    on(name, run) {
      oneOf("event", name, names);
      functionOption("listener", run);
      listeners.set(name, [...listeners.get(name) ?? [], run]);
    },
  };
}
