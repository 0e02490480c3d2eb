/**
 * Calls of one turn in one request: a request costs tens of milliseconds and a
 * place among the few a runtime allows. Each call is answered by itself.
 *
 * @module
 */

import { RedisError } from "../../core/port.ts";
import { Unanswered } from "./redis_failure.ts";
import type { Attempt, Send } from "./script_runner.ts";
import { type Stop, within } from "./deadline.ts";
import { answer, unanswered } from "./upstash_http.ts";

/** The part of the SDK's client that is used. */
export interface UpstashClient {
  /** Begins a request of several commands. */
  pipeline(): UpstashPipeline;
}

/** The part of the SDK's pipeline that is used. */
export interface UpstashPipeline {
  /** Adds a script by its text. */
  eval(script: string, keys: string[], args: string[]): unknown;
  /** Adds a script by its hash. */
  evalsha(sha: string, keys: string[], args: string[]): unknown;
  /** Sends all of it; resolves to `{ result, error }` for each command. */
  exec(options: { readonly keepErrors: true }): Promise<readonly unknown[]>;
}

interface Job {
  readonly attempt: Attempt;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Upstash takes 10 MB in one request, and JSON may need six bytes for a character. */
const mostCharacters = 1_000_000;
const mostCommands = 250;

/**
 * Makes a `send` that gathers what is sent in one turn, and no more: on Workers
 * a request that was made for another event is cut off when that one is over.
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
    // A caller's client may wait for ever.
    const late = () => new Unanswered(true, "ETIMEDOUT");
    return within(Math.min(attempt.limitMs, limitMs), answered, late).finally(forget);
  };
}

/** Takes what may go together. One large call is no reason to refuse the others. */
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
    const why = told(error);
    for (const job of jobs) job.reject(why);
  }
}

/**
 * What an error of the SDK says, without the commands behind it. Of an answer
 * that is no JSON it repeats the beginning, which may be anything.
 */
export function told(error: unknown): Error {
  if (error instanceof Unanswered || error instanceof RedisError) return error;
  const { name, message } = error as Error;
  if (name === "ReplyError") return error as Error;
  if (name === "UpstashJSONParseError") return new Unanswered(true, "an answer that is no JSON");
  if (name !== "UpstashError") return unanswered(error);
  const said = message.replace(/, command was: [^]*$/, "");
  return /^[A-Z][A-Z0-9_]*(?= |$)/.test(said)
    ? answer(said)
    : new Unanswered(true, "an error of HTTP");
}
