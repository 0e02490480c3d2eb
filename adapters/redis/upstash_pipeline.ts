/**
 * Sends the calls of one turn in one request: a request takes tens of milliseconds,
 * and a runtime allows only a few at a time. Each call has its own answer.
 *
 * @module
 */

import { RedisError } from "../../core/port.ts";
import { Unanswered } from "./redis_failure.ts";
import type { Attempt, Send } from "./script_runner.ts";
import { type Stop, within } from "./deadline.ts";
import { answer, unanswered } from "./upstash_http.ts";

/** The part of the SDK's client that this adapter uses. */
export interface UpstashClient {
  /** Begins a request of several commands. */
  pipeline(): UpstashPipeline;
}

/** The part of the SDK's pipeline that this adapter uses. */
export interface UpstashPipeline {
  /** Adds a script by its text. */
  eval(script: string, keys: string[], args: string[]): unknown;
  /** Adds a script by its hash. */
  evalsha(sha: string, keys: string[], args: string[]): unknown;
  /** Sends all commands; resolves to `{ result, error }` for each command. */
  exec(options: { readonly keepErrors: true }): Promise<readonly unknown[]>;
}

interface Job {
  readonly attempt: Attempt;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** The most characters of a request: Upstash takes 10 MB, and JSON may need six bytes for one. */
const mostCharacters = 1_000_000;
const mostCommands = 250;

/**
 * Makes a `send` that batches the attempts of one turn only: on Workers, a request
 * that another event started is cancelled when that event ends.
 * An attempt may take `limitMs` at most.
 */
export function batcher(client: UpstashClient, limitMs: number, closing: Stop): Send {
  let jobs: Job[] = [];

  function flush(): void {
    const waiting = jobs;
    jobs = [];
    while (waiting.length > 0) void post(client, portion(waiting));
  }

  return (attempt) => {
    let forget = () => {};
    const answered = new Promise((resolve, reject) => {
      jobs.push({ attempt, resolve, reject });
      forget = closing.onStop(() => reject(new Unanswered(true, "the port is closed")));
    });
    if (jobs.length === 1) queueMicrotask(flush);
    // The client of a caller may never settle.
    const late = () => new Unanswered(true, "ETIMEDOUT");
    return within(Math.min(attempt.limitMs, limitMs), answered, late).finally(forget);
  };
}

/** Takes the calls that fit one request, so that a large call does not get the others refused. */
function portion(waiting: Job[]): readonly Job[] {
  let characters = 0;
  let length = 0;
  for (const { attempt: { args } } of waiting) {
    characters += args.reduce((sum, arg) => sum + arg.length, 0);
    if (length === mostCommands || (length > 0 && characters > mostCharacters)) break;
    length++;
  }
  return waiting.splice(0, length);
}

async function post(client: UpstashClient, jobs: readonly Job[]): Promise<void> {
  try {
    const pipeline = client.pipeline();
    for (const { attempt: { command, args, keys } } of jobs) {
      const rest = args.slice(2 + keys.length);
      if (command === "EVAL") pipeline.eval(args[0]!, [...keys], rest);
      else pipeline.evalsha(args[0]!, [...keys], rest);
    }
    const answers = await pipeline.exec({ keepErrors: true });
    for (const [i, job] of jobs.entries()) {
      const { result, error } = answers[i] as { result?: unknown; error?: string };
      if (error === undefined) job.resolve(result);
      else job.reject(answer(error));
    }
  } catch (error) {
    const why = sdkFailure(error);
    for (const job of jobs) job.reject(why);
  }
}

/**
 * Reads an error of the SDK, without the commands it repeats. For an answer that
 * is not JSON, the SDK repeats its beginning, which may be anything.
 */
export function sdkFailure(error: unknown): Error {
  if (error instanceof Unanswered || error instanceof RedisError) return error;
  const { name, message } = error as Error;
  if (name === "ReplyError") return error as Error;
  if (name === "UpstashJSONParseError") return new Unanswered(true, "an answer that is not JSON");
  if (name !== "UpstashError") return unanswered(error);
  const said = message.replace(/, command was: [^]*$/, "");
  return /^[A-Z][A-Z0-9_]*(?= |$)/.test(said)
    ? answer(said)
    : new Unanswered(true, "an HTTP error");
}
