/**
 * Reads the error of a failed command, whichever client reports it: whether Redis
 * answered, the part of its answer that is safe to show, and the fix. Clients hang the
 * whole command on their errors, payload included, so none of those objects
 * leaves this file.
 *
 * @module
 */

import { RedisError } from "../../core/port.ts";
import { meaningOf } from "./answers.ts";

/** No answer came. Thrown by adapters, never to the caller. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";

  /** True if the command was sent, so that it may have run. */
  readonly sent: boolean;

  /** Makes the error; `reason` is a short word such as `ECONNREFUSED`. */
  constructor(sent: boolean, reason: string) {
    super(reason);
    this.sent = sent;
  }
}

/** The facts about one failed attempt. */
export interface Failure {
  /** The first word of Redis's answer; empty if none came. */
  readonly word: string;
  /** The answer without anything that could be an argument, or the reason for its absence. */
  readonly text: string;
  /** True if the command may have run all the same. */
  readonly mayHaveRun: boolean;
  /** True if the same command may succeed in a moment. */
  readonly passing: boolean;
  /** The fix, in one sentence, if the cause is known. */
  readonly hint: string | undefined;
  /** True if the same call may succeed later, without a change by a person. */
  readonly retryable: boolean;
}

/** Answers about a passing state of the server, not about the command. */
const passing: ReadonlySet<string> = new Set([
  "ASK",
  "BUSY",
  "CLUSTERDOWN",
  "HTTP429",
  "LOADING",
  "MASTERDOWN",
  "MOVED",
  "READONLY",
  "TRYAGAIN",
  "UNBLOCKED",
]);

/** Answers whose wording is Redis's own to the end of the line. */
const fixed: ReadonlySet<string> = new Set([
  ...passing,
  "CROSSSLOT",
  "HTTP413",
  "MISCONF",
  "NOAUTH",
  "NOPERM",
  "NOREPLICAS",
  "NOSCRIPT",
  "OOM",
  "WRONGPASS",
  "WRONGTYPE",
]);

/** Returns true for an answer of Redis, by its first word: error classes differ. */
export function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Unanswered) return false;
  return error.name === "ReplyError" || /^[A-Z][A-Z0-9_]*(?= |$)/.test(error.message);
}

/**
 * Returns true for an answer after which this connection runs no command. Redis reads a long
 * command without a password as a broken one ("Protocol error"), so a short one is sent first.
 */
export function servesNobody(error: unknown): boolean {
  return /^(NOAUTH|ERR max number of clients)/.test((error as Error).message);
}

/**
 * Reads an error of a client. The text must not repeat any of `args`; Redis counts the lines of
 * `script`, whose text is read for a missing permission only.
 */
export function explain(
  error: unknown,
  args: readonly string[] = [],
  script?: { readonly source: string },
): Failure {
  if (!isAnswer(error)) {
    const text = reasonOf(error);
    return {
      word: "",
      text,
      mayHaveRun: !(error instanceof Unanswered) || error.sent,
      passing: true,
      ...meaningOf(text, true),
    };
  }
  const { message } = error as Error;
  const denied = denialIn(message, script);
  const word = denied ? "NOPERM" : /^[A-Z][A-Z0-9_]*/.exec(message)?.[0] ?? "ERR";
  const text = denied ?? scrub(message, word, args);
  return {
    word,
    text,
    mayHaveRun: false,
    passing: passing.has(word),
    ...meaningOf(text, passing.has(word)),
  };
}

/** The error for an answer of Redis that refused `what`. */
export function refused(what: string, failure: Failure): RedisError {
  const message = withFix(`${what}: Redis answered ${failure.text}`, failure);
  const { word, hint, retryable } = failure;
  return new RedisError(message, "refused", word, { hint, retryable });
}

/** The error for a missing answer, or for one that does not end the doubt. */
export function unanswered(
  message: string,
  kind: "unsent" | "unknown",
  { word, hint }: Failure,
): RedisError {
  return new RedisError(withFix(message, { hint }), kind, word, { hint });
}

/** Loggers print the message only, so it ends with the fix. */
function withFix(message: string, { hint }: Pick<Failure, "hint">): string {
  return hint === undefined ? message : `${message.replace(/\.$/, "")}; ${hint}`;
}

/** A short reason for a missing answer: codes are safe, messages of clients may not be. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unanswered) return error.message;
  // Deno denies a permission: the text names the flag, and at most a host or a path.
  if (error instanceof Error && error.name === "NotCapable") return error.message;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "the connection broke";
}

/**
 * The answer in plain words if a script may not do what it does. Redis 7.0 says only in which
 * line of the script, so that line says which command.
 */
function denialIn(
  message: string,
  script: { readonly source: string } | undefined,
): string | undefined {
  if (!/user executing the script|ACL failure in script/.test(message)) return undefined;
  const may = "NOPERM this user may not";
  if (/channel/.test(message)) return `${may} use the channels of this prefix`;
  if (/\bkeys?\b/.test(message)) return `${may} use the keys of this prefix`;
  const said = /'([a-z|]{1,40})' command/.exec(message)?.[1];
  const lines = script?.source.split("\n") ?? [];
  const line = lines[Number(/user_script:\s?(\d+)/.exec(message)?.[1]) - 1] ?? "";
  const command = said?.toUpperCase() ?? /redis\.p?call\("([A-Z]+)"/.exec(line)?.[1];
  return `${may} run ${command ?? "a command of the script"}`;
}

/**
 * Removes possible arguments from an answer. Redis quotes the arguments it
 * repeats, and a script's own message follows a colon.
 */
function scrub(message: string, word: string, args: readonly string[]): string {
  const line = /user_script:(\d+)/.exec(message)?.[1];
  let text = message.split(/[\r\n]/, 1)[0]!;
  if (!fixed.has(word)) {
    text = line === undefined
      ? text.split(/[:'"`]/, 1)[0]!
      : `${word} in line ${line} of the script`;
  }
  text = text.slice(0, 200).trim();
  // Redis may shorten an argument, so the beginning of a long one counts too.
  const repeats = args.some((arg) => arg.length > 3 && text.includes(arg.slice(0, 12)));
  return repeats ? word : text;
}
