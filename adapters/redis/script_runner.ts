/**
 * Runs a program over any client: by its hash, by its text if the hash
 * is unknown, and again while the failure may pass. This is the only place
 * that sends anything twice, so it is the only one that knows whether an
 * unanswered attempt may have run.
 *
 * @module
 */

import {
  type Confirm,
  markRepeated,
  type Program,
  RedisError,
  type RedisPort,
  type Reply,
} from "../../core/port.ts";
import { explain, type Failure, refused, unanswered } from "./redis_failure.ts";
import { backoff, now, sleep, type Stop } from "./deadline.ts";

/** One attempt: a command and what the adapter needs to send it. */
export interface Attempt {
  /** `EVALSHA` or `EVAL`. */
  readonly command: string;
  /** All of its arguments. */
  readonly args: string[];
  /** The keys among them, which decide the node on a cluster. */
  readonly keys: readonly string[];
  /** The confirmation to await after the reply. */
  readonly confirm: Confirm | undefined;
  /** The program's name, for messages. */
  readonly name: string;
  /** The most milliseconds of this attempt. */
  readonly limitMs: number;
}

/**
 * Makes one attempt. Rejects with the client's own error if Redis answered
 * with one, with `Unanswered` if no answer came, with a {@linkcode RedisError}
 * if trying again is pointless.
 */
export type Send = (attempt: Attempt) => Promise<unknown>;

/** Limits of {@linkcode scriptRunner}. */
export interface ScriptRunnerOptions {
  /** Milliseconds until a call rejects, whatever the client does. */
  readonly timeoutMs: number;
  /** Ends when the port closes; calls then reject at once. */
  readonly closing: Stop;
}

/** Makes the `run` of a port from a way to send one command. */
export function scriptRunner(send: Send, options: ScriptRunnerOptions): RedisPort["run"] {
  const { timeoutMs, closing } = options;
  // A shorter attempt leaves no time for an answer: a refusal would become unknown.
  const shortestMs = Math.min(100, timeoutMs / 5);
  return async (program, keys, args, confirm) => {
    refuseOtherThanStrings(program, keys, args);
    const rest = [String(keys.length), ...keys, ...args];
    // A confirmation may take all of its time without a failure.
    const extraMs = confirm?.timeoutMs ?? 0;
    const deadline = now() + timeoutMs + extraMs;
    let bySource = false;
    let mayHaveRun = false;
    let why: Failure | undefined;
    for (let failures = 0;;) {
      if (closing.stopped) throw closed(program);
      try {
        const reply = checked(
          program,
          await send({
            command: bySource ? "EVAL" : "EVALSHA",
            args: [bySource ? program.source : program.sha, ...rest],
            keys,
            confirm,
            name: program.name,
            // Half of the time each: after a dead connection there is time for another one.
            limitMs: Math.max(1, Math.min(timeoutMs / 2 + extraMs, deadline - now())),
          }),
        );
        if (mayHaveRun) markRepeated(reply);
        return reply;
      } catch (error) {
        if (error instanceof RedisError) throw error;
        const failure = explain(error, rest, program);
        // The deadline cuts the last attempt short: the errors of earlier ones explain more.
        if (failure.text !== "ETIMEDOUT" || why === undefined) why = failure;
        if (failure.word === "NOSCRIPT" && !bySource) {
          bySource = true;
          continue;
        }
        if (closing.stopped) throw closed(program);
        mayHaveRun ||= failure.mayHaveRun;
        const pauseMs = backoff(++failures);
        if (!failure.passing || now() + pauseMs + shortestMs >= deadline) {
          // Wait for the deadline: rejecting earlier would give up earlier.
          if (failure.passing) await sleep(deadline - now(), closing);
          throw failed(program, why, mayHaveRun, timeoutMs + extraMs);
        }
        await sleep(pauseMs, closing);
      }
    }
  };
}

/** Checks arguments: a client that flattens an array would displace those after it. */
function refuseOtherThanStrings(
  { name }: Program,
  keys: readonly string[],
  args: readonly string[],
): void {
  for (let i = 0; i < keys.length; i++) {
    if (typeof keys[i] !== "string") {
      throw new TypeError(`Cannot run "${name}": key ${i} is not a string`);
    }
  }
  for (let i = 0; i < args.length; i++) {
    if (typeof args[i] !== "string") {
      throw new TypeError(`Cannot run "${name}": argument ${i} is not a string`);
    }
  }
}

function failed(
  { name }: Program,
  failure: Failure,
  mayHaveRun: boolean,
  ms: number,
): RedisError {
  const { word, text } = failure;
  if (mayHaveRun) {
    const last = word === ""
      ? `no answer within ${ms} ms (${text})`
      : `then Redis answered ${text}`;
    return unanswered(`Cannot tell whether "${name}" ran: ${last}`, "unknown", failure);
  }
  if (word !== "") return refused(`Cannot run "${name}"`, failure);
  const message = `Cannot run "${name}": no connection within ${ms} ms (${text})`;
  return unanswered(message, "unsent", failure);
}

function closed({ name }: Program): RedisError {
  return new RedisError(`Cannot run "${name}": the port is closed`, "unknown");
}

function checked(program: Program, reply: unknown): Reply {
  if (!isReply(reply)) {
    // The client is configured to convert replies to objects, booleans or buffers.
    throw new RedisError(
      `Cannot read the reply of "${program.name}": it holds more than strings, integers and nulls`,
      "unknown",
    );
  }
  return reply;
}

function isReply(value: unknown): value is Reply {
  if (typeof value === "string" || value === null) return true;
  if (typeof value === "number") return Number.isSafeInteger(value);
  return Array.isArray(value) && value.every(isReply);
}
