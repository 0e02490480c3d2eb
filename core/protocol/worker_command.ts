/**
 * Commands of an operator to a worker. A command travels as text, so that it can be
 * stored, sent twice and applied once.
 *
 * @module
 */

import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { randomLocal } from "./task_id.ts";
import { knownOptions, oneOf } from "../base/options.ts";

/**
 * A command to a worker. `drain` drains within a time, as after a signal. `stop` hands
 * off its tasks at once. `restart` drains and asks the supervisor for a new worker.
 * `pause` and `resume` affect claims only.
 */
export type WorkerCommand =
  | { readonly do: "drain"; readonly timeout?: Duration }
  | { readonly do: "pause" | "resume" | "stop" | "restart" };

/** A command as a worker reads it. */
export interface ReceivedCommand {
  /** Identifies this command, so that an equal one sent later is applied again. */
  readonly token: string;
  readonly what: WorkerCommand["do"];
  /** The most ms a drain may take; undefined for the time set by the worker. */
  readonly timeoutMs: number | undefined;
}

const words = ["drain", "pause", "resume", "stop", "restart"] as const;

/** Writes a new command. */
export function encodeCommand(order: WorkerCommand): string {
  knownOptions("order()", order, ["do", "timeout"]);
  const { do: what, timeout } = order as { do: unknown; timeout?: Duration };
  oneOf("do", what, words);
  if (what !== "drain") knownOptions(`order "${what}"`, order, ["do"]);
  const ms = timeout === undefined ? "" : ` ${toMs("timeout", timeout, { max: maxTimer })}`;
  return `${randomLocal()} ${what}${ms}`;
}

/** Reads a command; undefined for one that this version does not know. */
export function decodeCommand(text: string): ReceivedCommand | undefined {
  const [token = "", word, ms] = text.split(" ");
  const what = words.find((each) => each === word);
  return what && { token, what, timeoutMs: ms === undefined ? undefined : Number(ms) };
}
