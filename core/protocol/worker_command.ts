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
 * A command to a worker. `drain` drains within a time, as a signal would; `stop` hands
 * off at once; `restart` drains and asks the supervisor for a new worker; `pause` and
 * `resume` are about claiming only.
 */
export type WorkerCommand =
  | { readonly do: "drain"; readonly timeout?: Duration }
  | { readonly do: "pause" | "resume" | "stop" | "restart" };

/** A command as a worker reads it. */
export interface ReceivedCommand {
  /** Identifies this command, so that the same one given again is applied again. */
  readonly token: string;
  readonly what: WorkerCommand["do"];
  /** How long a drain may take; undefined for the worker's own time. */
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
