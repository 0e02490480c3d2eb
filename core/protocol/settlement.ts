/**
 * How a claim ends.
 *
 * @module
 */

/** A settlement: a row of `turn.lua` without the columns that identify the claim. */
export interface Settlement {
  readonly event: "complete" | "retry" | "bury" | "defer" | "handoff" | "stop";
  /** How long a final task is kept, or how long the next attempt waits. */
  readonly ms: number;
  /** The result of a completed task, else the reason. */
  readonly text: string;
  /** JSON of name, message and stack, or empty. */
  readonly error: string;
}
