/**
 * Confirms writes: `WAIT` and `WAITAOF` after the script, on the same connection.
 * Both block their connection, for up to a whole fsync interval, so no other
 * command uses it. The next round confirms all attempts that arrive meanwhile
 * together.
 *
 * @module
 */

import { type Confirm, RedisError } from "../../core/port.ts";
import { explain, Unanswered } from "./redis_failure.ts";
import type { Attempt } from "./script_runner.ts";
import { type Stop, within } from "./deadline.ts";
import type { Wire } from "./connection.ts";
import type { Link } from "./link.ts";

/** Sends attempts that ask for confirmation, to one node. */
export interface Confirmer {
  /** Sends one attempt, and resolves to its reply once the write is confirmed. */
  send(attempt: Attempt): Promise<unknown>;
  /** Closes the connection. */
  close(): void;
}

/** The way a server confirms that the append-only file is on disk, or the error that it cannot. */
type Fsync = "WAITAOF" | "always" | RedisError;

interface Job {
  /** Set when its caller has given up, so that it is not sent any more. */
  expired?: boolean;
  readonly attempt: Attempt;
  readonly confirm: Confirm;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Makes a confirmer over `link`, which no other part may use. */
export function confirmer(link: Link, closing: Stop): Confirmer {
  const waiting: Job[] = [];
  const fsyncOf = new WeakMap<Wire, Fsync>();
  let busy = false;

  /** Runs rounds one at a time: a script sent meanwhile would queue after the wait anyway. */
  async function rounds(): Promise<void> {
    busy = true;
    try {
      // Attempts of the same turn share the first round.
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
          // Refused before any script runs: a later refusal could not undo the write.
          for (const job of able) if (job.confirm.fsync) job.reject(named(fsync, job.attempt));
          able = able.filter((job) => !job.confirm.fsync);
        }
      }
      // WAIT covers the last write of its own connection, so it must be this one.
      // A refused script needs no wait.
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

/** The reason why a write is not confirmed; undefined if it is. */
function doubt(
  { attempt, confirm }: Job,
  need: readonly string[],
  answer: Answered,
): Error | undefined {
  if ("error" in answer) {
    const { word, text, passing } = explain(answer.error);
    const lacking = word === "NOPERM" || text.startsWith("ERR unknown command");
    // The script ran. Only a repetition on a working connection can confirm its write.
    if (passing || !lacking) return new Unanswered(true, text);
    const message = `Cannot confirm "${attempt.name}", which ran: Redis answered ${text}`;
    return new RedisError(message, "unsupported", word, { mayHaveRun: true });
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

/** Finds out, once per connection, how the server can confirm a write to its disk. */
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
  // Redis then writes to disk before it answers, so the reply is the confirmation.
  if (appendfsync === "always") return "always";
  return unsupported('it has no WAITAOF, and "appendfsync" is not "always"', "");
}

function unsupported(why: string, word: string): RedisError {
  return new RedisError(`this server cannot promise an fsync, as ${why}`, "unsupported", word);
}

function named(error: RedisError, { name }: Attempt): RedisError {
  return new RedisError(`Cannot run "${name}": ${error.message}`, error.failure, error.reply);
}
