/**
 * Orders: what an operator tells a worker to do. An order is text on its way, so
 * that it can be stored, sent twice and obeyed once.
 *
 * @module
 */

import { type Duration, maxTimer, toMs } from "../base/duration.ts";
import { randomLocal } from "./task_id.ts";
import { knownOptions, oneOf } from "../base/options.ts";

/**
 * What a worker is to do: `drain` within a time, as a signal would; `stop`, which
 * hands off at once; `restart`, which drains and asks whoever started it for a
 * new one; `pause` and `resume`, which are about claiming only.
 */
export type WorkerCommand =
  | { readonly do: "drain"; readonly timeout?: Duration }
  | { readonly do: "pause" | "resume" | "stop" | "restart" };

/** An order as a worker reads it. */
export interface ReceivedCommand {
  /** Tells it from the same order given again. */
  readonly token: string;
  readonly what: WorkerCommand["do"];
  /** How long a drain may take; undefined for the worker's own time. */
  readonly timeoutMs: number | undefined;
}

const words = ["drain", "pause", "resume", "stop", "restart"] as const;

/** Writes an order that was never given before. */
export function encodeCommand(order: WorkerCommand): string {
  knownOptions("order()", order, ["do", "timeout"]);
  const { do: what, timeout } = order as { do: unknown; timeout?: Duration };
  oneOf("do", what, words);
  if (what !== "drain") knownOptions(`order "${what}"`, order, ["do"]);
  const ms = timeout === undefined ? "" : ` ${toMs("timeout", timeout, { max: maxTimer })}`;
  return `${randomLocal()} ${what}${ms}`;
}

/** Reads an order; undefined for one that this version does not know. */
export function decodeCommand(text: string): ReceivedCommand | undefined {
  const [token = "", word, ms] = text.split(" ");
  const what = words.find((each) => each === word);
  return what && { token, what, timeoutMs: ms === undefined ? undefined : Number(ms) };
}
