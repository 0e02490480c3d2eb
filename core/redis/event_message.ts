/**
 * The events of tasks, and the messages of `lua/lib/publish_events.lua` that carry them.
 *
 * @module
 */

import { attemptNumber } from "../protocol/attempt_number.ts";
import { idOf, type Partition } from "../protocol/keys.ts";
import type { TaskState, transitions } from "../states.ts";

/** The name of an event: one of the state table, or `orphan` for a task whose data is missing. */
export type TaskEventType = typeof transitions[number]["on"] | "orphan" | "ended";

/** The fields of every event of a task. */
export interface TaskEventBase {
  /** The state after the event; `none` if the task is forgotten. */
  readonly state: TaskState | "none";
  /** The name of the task; empty if it is unknown. */
  readonly name: string;
  /** The worker that runs it, or ran it last. */
  readonly worker: string | null;
  /** The reason, such as `failed`, `drain` or `presence`. */
  readonly reason: string | null;
  /** The number of the attempt that failed, ended the task, runs or comes next; the first is 1. */
  readonly attempt: number;
  /** The time at which this process received the event. */
  readonly at: Date;
}

/** The error of an event. */
export interface EventError {
  /** Its name, such as `TypeError`. */
  readonly name: string;
  /** Its message, at most 2,000 characters. */
  readonly message: string;
}

/** An attempt that has ended. */
export interface EndedRun {
  /** The time of the attempt, in ms. */
  readonly durationMs: number;
}

/** An attempt that has failed. */
export interface FailedRun {
  /** The error of the attempt. */
  readonly error: EventError;
}

/** A task that is due later. */
export interface DelayedTask {
  /** The delay until it is due, in ms. */
  readonly retryMs: number;
}

/** The fields of some events, besides those of every one. */
export interface TaskEventFields {
  /** The task has completed. */
  readonly complete: EndedRun & {
    /** The size of its result, as JSON in bytes. */
    readonly resultBytes: number;
  };
  /** An attempt has failed, and another one follows. */
  readonly retry: EndedRun & FailedRun & DelayedTask;
  /** An attempt has failed, and the task is dead. */
  readonly bury: EndedRun & FailedRun;
  /** The stored data of the task cannot be read, and it is dead. */
  readonly condemn: FailedRun;
  /** The task was given back unharmed. */
  readonly handoff: EndedRun;
  /** The running task was cancelled. */
  readonly stop: EndedRun;
  /** The worker of the task is gone; it runs again. */
  readonly resurrect: DelayedTask;
  /** The same, and it runs alone. */
  readonly quarantine: DelayedTask;
}

/**
 * An event of a task, by its `type`: one of the state table, such as `claim`, `retry` or `resurrect`;
 * `ended` if the task is final and the message of its last event was missed.
 */
export type TaskEvent = {
  [T in TaskEventType]:
    & TaskEventBase
    & { readonly type: T }
    & (T extends keyof TaskEventFields ? TaskEventFields[T] : unknown);
}[TaskEventType];

/** An event of a queue. */
export type QueueEvent = TaskEvent & {
  /** The full id of the task. */
  readonly id: string;
  /** The number of events before this one that were dropped, because the reader was too slow. */
  readonly missed: number;
};

/** The names of the fields of each event that has some. */
const fieldsOf: { readonly [T in keyof TaskEventFields]: readonly (keyof Values)[] } = {
  complete: ["durationMs", "resultBytes"],
  retry: ["durationMs", "error", "retryMs"],
  bury: ["durationMs", "error"],
  condemn: ["error"],
  handoff: ["durationMs"],
  stop: ["durationMs"],
  resurrect: ["retryMs"],
  quarantine: ["retryMs"],
};

interface Values {
  readonly error: EventError;
  readonly durationMs: number;
  readonly retryMs: number;
  readonly resultBytes: number;
}

/** Reads a message about a task of `partition`; `missed` events were dropped before it. */
export function readEvent(partition: Partition, message: string): QueueEvent {
  const [facts = "", error = "", reason = ""] = message.split("\x01");
  const [local, type, state, worker, name, failures, durationMs, retryMs, resultBytes] = facts
    .split(" ") as [string, TaskEventType, TaskState, ...string[]];
  const values: Values = {
    error: readError(error),
    durationMs: Number(durationMs) || 0,
    retryMs: Number(retryMs) || 0,
    resultBytes: Number(resultBytes) || 0,
  };
  const own = fieldsOf[type as keyof TaskEventFields] ?? [];
  return {
    id: idOf(partition, local),
    type,
    state,
    name: orNull(name) ?? "",
    worker: orNull(worker),
    reason: reason || null,
    // A retry is about the attempt that failed, which is counted already.
    attempt: type === "retry" ? Number(failures) : attemptNumber(state, Number(failures), reason),
    ...Object.fromEntries(own.map((field) => [field, values[field]])),
    at: new Date(),
    missed: 0,
  } as QueueEvent;
}

function orNull(word: string | undefined): string | null {
  return word === undefined || word === "-" ? null : word;
}

function readError(json: string): EventError {
  try {
    const { name = "", message = "" } = JSON.parse(json);
    return { name: String(name), message: String(message) };
  } catch {
    return { name: "Error", message: "its error cannot be read" };
  }
}
