/**
 * The event of a task whose worker is gone: it runs again, alone or not, or is dead.
 *
 * @module
 */

import { plural } from "../base/format.ts";
import { parseId } from "../protocol/keys.ts";
import type { LostTask, WorkerEvents } from "./events.ts";

/** A task whose worker is gone, and its fate. */
export interface TaskFate extends Omit<LostTask, "queue" | "lostWorker"> {
  /** The id of the worker that had it. */
  readonly worker: string;
  /** `scheduled`: it runs again. `quarantined`: alone. `dead`: it has cost too many workers. */
  readonly state: "scheduled" | "quarantined" | "dead";
  /** The reason of that state: the cause, or `crashes` or `stalls` of a dead task. */
  readonly reason: string;
  /** The failures of its handler so far. */
  readonly failures: number;
}

/** The name of an event, and the event. */
export type NamedEvent = {
  [N in "resurrected" | "quarantined" | "dead"]: readonly [name: N, event: WorkerEvents[N]];
}["resurrected" | "quarantined" | "dead"];

/** The event of the fate of `task`, of whose attempts there are at most `attempts`. */
export function lossEvent(task: TaskFate, attempts: number): NamedEvent {
  const { id, name, worker, cause, state, deaths, allowed, failures, reason } = task;
  const { queue } = parseId(id)!;
  const lost: LostTask = { id, name, queue, lostWorker: worker, cause, deaths, allowed };
  if (state === "scheduled") return ["resurrected", lost];
  if (state === "quarantined") return ["quarantined", lost];
  const error = new Error(fatal(task));
  const attempt = failures + 1;
  return ["dead", { id, name, queue, attempt, attempts, durationMs: null, reason, error }];
}

function fatal({ reason, cause, deaths, allowed }: TaskFate): string {
  const did = reason === "stalls" ? "stalled" : "crashed";
  return `it ${did} ${plural(deaths, "worker")}, ${allowed} allowed; the last one ` +
    endOfWorker(cause);
}

/** Words for the causes that do not explain themselves. */
const ends: Readonly<Record<string, string>> = {
  presence: "is gone: its connection closed",
  lease: "was silent for longer than its lease",
  stalled: "blocked its event loop for too long",
  drain: "left it behind",
  "lost claim": "never started it",
};

/** The end of a worker, behind its name: `ended by SIGKILL`. */
export function endOfWorker(cause: string): string {
  return ends[cause] ?? `ended by ${cause}`;
}
