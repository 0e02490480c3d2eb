/**
 * Confirming a write: `WAIT` and `WAITAOF` behind the script, on the same
 * connection. Both hold up the connection they are sent on, for a whole fsync
 * interval if need be, so it is one that nothing else uses, and everything
 * that gathers meanwhile is confirmed together by the next round.
 *
 * @module
 */

import { type Confirm, RedisError } from "../../core/port.ts";
import { explain, Unanswered } from "./redis_failure.ts";
import type { Attempt } from "./script_runner.ts";
import { type Stop, within } from "./deadline.ts";
import type { Link, Wire } from "./connection.ts";

/** Sends attempts that ask for confirmation, to one node. */
export interface Confirmer {
  /** Sends one attempt, and resolves with its reply once that is confirmed. */
  send(attempt: Attempt): Promise<unknown>;
  /** Hangs up. */
  close(): void;
}

/** How a server can promise that the append-only file is on disk. */
type Fsync = "WAITAOF" | "always" | RedisError;

interface Job {
  /** Set when its caller has given up, so that it is not run for nobody. */
  expired?: boolean;
  readonly attempt: Attempt;
  readonly confirm: Confirm;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a confirmer over `link`, which has to be its own. */
export function confirmer(link: Link, closing: Stop): Confirmer {
  const waiting: Job[] = [];
  const fsyncOf = new WeakMap<Wire, Fsync>();
  let busy = false;

  /** Rounds never overlap: a script sent meanwhile would stand behind the wait anyway. */
  async function rounds(): Promise<void> {
    busy = true;
    try {
      // What is asked for in the same turn shares the first round.
      await undefined;
      while (waiting.length > 0) await round(waiting.splice(0));
    } finally {
      busy = false;
    }
  }

  async function round(jobs: readonly Job[]): Promise<void> {
    try {
      const wire = await link.wire(closing);
      let able = jobs.filter((job) => !job.expired);
      if (able.some((job) => job.confirm.fsync)) {
        const fsync = fsyncOf.get(wire) ?? await probe(wire, able[0]!.attempt);
        fsyncOf.set(wire, fsync);
        if (fsync instanceof RedisError) {
          // Refused before anything ran: afterwards it would be too late to say no.
          for (const job of able) if (job.confirm.fsync) job.reject(named(fsync, job.attempt));
          able = able.filter((job) => !job.confirm.fsync);
        }
      }
      // Redis waits for what this connection last saw written, so it has to be
      // this one; and a script that was refused is not worth a wait.
      const replies = await Promise.all(able.map((job) => reply(wire, job)));
      const answers = new Map<string, Promise<Answered>>();
      const ask = (need: readonly string[], { attempt }: Job) => {
        const key = need.join(" ");
        const answer = answers.get(key) ?? answered(wire, need[0]!, need.slice(1), attempt.limitMs);
        answers.set(key, answer);
        return answer;
      };
      await Promise.all(able.map(async (job, i) => {
        const replied = replies[i]!;
        if ("error" in replied) return job.reject(replied.error);
        const needs = needsOf(job.confirm, fsyncOf.get(wire) === "WAITAOF");
        const reasons = await Promise.all(
          needs.map(async (need) => doubt(job, need, await ask(need, job))),
        );
        const reason = reasons.find((each) => each !== undefined);
        if (reason === undefined) job.resolve(replied.value);
        else job.reject(reason);
      }));
    } catch (error) {
      for (const job of jobs) job.reject(error);
    }
  }

  return {
    send(attempt) {
      const confirm = attempt.confirm!;
      let job: Job | undefined;
      return within(
        attempt.limitMs,
        new Promise((resolve, reject) => {
          job = { attempt, confirm, resolve, reject };
          waiting.push(job);
          if (!busy) void rounds();
        }),
        () => {
          job!.expired = true;
          return new Unanswered(true, "ETIMEDOUT");
        },
      );
    },
    close: () => link.close(),
  };
}

type Answered = { readonly value: unknown } | { readonly error: unknown };

function reply(wire: Wire, { attempt }: Job): Promise<Answered> {
  return answered(wire, attempt.command, attempt.args, attempt.limitMs);
}

function answered(wire: Wire, command: string, args: string[], ms: number): Promise<Answered> {
  return wire.send(command, args, ms).then((value) => ({ value }), (error) => ({ error }));
}

function needsOf(confirm: Confirm, waitaof: boolean): string[][] {
  const needs: string[][] = [];
  const ms = String(confirm.timeoutMs);
  if (confirm.fsync && waitaof) needs.push(["WAITAOF", "1", "0", ms]);
  if (confirm.replicas) needs.push(["WAIT", String(confirm.replicas), ms]);
  return needs;
}

/** Why a write that was made cannot be called confirmed; undefined if it can. */
function doubt(
  { attempt, confirm }: Job,
  need: readonly string[],
  answer: Answered,
): Error | undefined {
  if ("error" in answer) {
    const { word, text, passing } = explain(answer.error);
    const lacking = word === "NOPERM" || text.startsWith("ERR unknown command");
    // The script ran. Only a repetition on a sound connection can tell more.
    if (passing || !lacking) return new Unanswered(true, text);
    const message = `Cannot confirm "${attempt.name}", which ran: Redis answered ${text}`;
    return new RedisError(message, "unsupported", word);
  }
  const local = need[0] === "WAITAOF";
  const count = Number(local ? (answer.value as readonly unknown[])[0] : answer.value);
  const wanted = local ? 1 : confirm.replicas!;
  if (count >= wanted) return undefined;
  const what = local
    ? "it was not on disk"
    : `${count} of ${wanted} ${wanted === 1 ? "replica" : "replicas"} had it`;
  const message =
    `Cannot confirm "${attempt.name}", which ran: ${what} after ${confirm.timeoutMs} ms`;
  return new RedisError(message, "unknown");
}

/** Asks a server, once per connection, what it can promise about its own disk. */
async function probe(wire: Wire, { limitMs }: Attempt): Promise<Fsync> {
  try {
    await wire.send("WAITAOF", ["1", "0", "1"], limitMs);
    return "WAITAOF";
  } catch (error) {
    const { word, passing } = explain(error);
    if (word === "" || passing) throw error;
    if (word === "NOPERM") return unsupported("this user may not send WAITAOF", word);
  }
  let appendonly: unknown;
  let appendfsync: unknown;
  try {
    [, appendonly] = await wire.send("CONFIG", ["GET", "appendonly"], limitMs) as unknown[];
    [, appendfsync] = await wire.send("CONFIG", ["GET", "appendfsync"], limitMs) as unknown[];
  } catch (error) {
    const { word, passing } = explain(error);
    if (word === "" || passing) throw error;
    return unsupported("it has no WAITAOF, and its configuration may not be read", word);
  }
  if (appendonly !== "yes") return unsupported("it has no append-only file", "");
  // Redis then writes to disk before it answers, so the reply is the promise.
  if (appendfsync === "always") return "always";
  return unsupported('it has no WAITAOF, and "appendfsync" is not "always"', "");
}

function unsupported(why: string, word: string): RedisError {
  return new RedisError(`this server cannot promise an fsync, as ${why}`, "unsupported", word);
}

function named(error: RedisError, { name }: Attempt): RedisError {
  return new RedisError(`Cannot run "${name}": ${error.message}`, error.failure, error.reply);
}
