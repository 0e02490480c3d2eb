/**
 * The listeners to the events of a worker.
 *
 * @module
 */

import { functionOption, oneOf } from "../base/options.ts";
import type { WorkerEventName, WorkerEvents } from "../log/events.ts";
import type { Log } from "../log/logger.ts";

const eventNames: readonly WorkerEventName[] = [
  "working",
  "started",
  "completed",
  "failed",
  "dead",
  "deferred",
  "handedOff",
  "cancelled",
  "fenced",
  "resurrected",
  "quarantined",
  "stalled",
  "draining",
  "drained",
  "ordered",
  "redisLost",
  "redisBack",
  "error",
];

/** Calls every listener of an event. */
export interface Emit {
  <N extends WorkerEventName>(name: N, event: WorkerEvents[N]): void;
  /** Returns true if the event has a listener: a frequent one is only made for one. */
  hears(name: WorkerEventName): boolean;
}

/** Listens to one event. */
export type Listener<N extends WorkerEventName> = (event: WorkerEvents[N]) => void;

/** Listens to an event of any name. */
export type On = <N extends WorkerEventName>(name: N, run: Listener<N>) => void;

/** Makes the listeners by event, and the one function that calls them; `log` reports one that throws. */
export function createEvents(log: Log): { readonly emit: Emit; readonly on: On } {
  const listeners = new Map<WorkerEventName, Listener<any>[]>();
  function call(name: WorkerEventName, event: unknown): void {
    for (const run of listeners.get(name) ?? []) {
      try {
        run(event);
      } catch (error) {
        log.write("error", `a listener of "${name}" threw`, { event: name, error });
      }
    }
  }
  return {
    emit: Object.assign(call, { hears: (name: WorkerEventName) => listeners.has(name) }),
    on(name, run) {
      oneOf("event", name, eventNames);
      functionOption("listener", run);
      listeners.set(name, [...listeners.get(name) ?? [], run]);
    },
  };
}
