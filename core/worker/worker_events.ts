/**
 * The events of a worker, and their listeners.
 *
 * @module
 */

import { functionOption, oneOf } from "../base/options.ts";

/**
 * The names of events. `fenced`: another worker had the task, and nothing was written.
 * `ordered`: an operator sent a command, which is the reason.
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

/** An event; the id and name of the task are empty where it is about none. */
export interface WorkerEvent {
  /** Of the task. */
  readonly id: string;
  /** Of the task. */
  readonly name: string;
  /** The cause of a resurrection, the reason of a failure, the command of an operator. */
  readonly reason?: string;
  /**
   * An error that no caller receives; it never holds a payload of this package. Errors of one
   * cause are one event, and a second one with their number once they are over.
   */
  readonly error?: unknown;
}

/** Calls every listener of an event. */
export type Emit = (name: WorkerEventName, event: WorkerEvent) => void;

/** Makes the listeners by event, and the one function that calls them. */
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
