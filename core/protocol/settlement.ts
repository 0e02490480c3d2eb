/**
 * The outcomes of a claim.
 *
 * @module
 */

/** A settlement: a row of `turn.lua` without the columns that identify the claim. */
export interface Settlement {
  readonly event: "complete" | "retry" | "bury" | "defer" | "handoff" | "stop";
  /** The retention of a final task, or the delay of the next attempt. */
  readonly ms: number;
  /** The time for which the key of a completed task answers, if that is not `ms`. */
  readonly keyMs?: number;
  /** True if the payload of a completed task is kept as long as its result. */
  readonly keep?: boolean;
  /** The result of a completed task, else the reason. */
  readonly text: string;
  /** JSON of name, message and stack; of a completed task why its result is not whole; or empty. */
  readonly error: string;
  /** Of a deferred task: its name and version, separated by a blank, so that Redis finds a worker that knows it. */
  readonly needs?: string;
}

/** The settlement of an attempt, and what Redis keeps with it. */
export interface AttemptSettlement {
  readonly settlement: Settlement;
  /** The last partial result, if it is new; JSON. */
  readonly partial: string;
  /** The note of a failed attempt for the history; empty for any other end. */
  readonly note: string;
  /** Of the task. */
  readonly name: string;
  /** The trace context of the attempt; empty without an observer. */
  readonly trace: string;
}
