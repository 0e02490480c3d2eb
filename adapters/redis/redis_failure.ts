/**
 * Reads the error of a failed command, whichever client reports it: whether Redis
 * answered, and the part of its answer that is safe to show. Clients hang the
 * whole command on their errors, payload included, so none of those objects
 * leaves this file.
 *
 * @module
 */

/** No answer came. Thrown by adapters, never to the caller. */
export class Unanswered extends Error {
  override readonly name = "Unanswered";

  /** Whether the command was on its way, so that it may have run. */
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
  /** Whether the command may have run all the same. */
  readonly mayHaveRun: boolean;
  /** Whether the same command may well succeed in a moment. */
  readonly passing: boolean;
}

/** Answers that describe a moment of the server, not the command. */
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
  "MISCONF",
  "NOAUTH",
  "NOPERM",
  "NOREPLICAS",
  "NOSCRIPT",
  "OOM",
  "WRONGPASS",
  "WRONGTYPE",
]);

/** Tells whether `error` is an answer of Redis, by its first word: error classes differ. */
export function isAnswer(error: unknown): boolean {
  if (!(error instanceof Error) || error instanceof Unanswered) return false;
  return error.name === "ReplyError" || /^[A-Z][A-Z0-9_]*(?= |$)/.test(error.message);
}

/** Reads an error a client threw; `args` are what its text must not repeat. */
export function explain(error: unknown, args: readonly string[] = []): Failure {
  if (!isAnswer(error)) {
    return {
      word: "",
      text: reasonOf(error),
      mayHaveRun: !(error instanceof Unanswered) || error.sent,
      passing: true,
    };
  }
  const message = (error as Error).message;
  const word = /^[A-Z][A-Z0-9_]*/.exec(message)?.[0] ?? "ERR";
  return {
    word,
    text: scrub(message, word, args),
    mayHaveRun: false,
    passing: passing.has(word),
  };
}

/** A short name for why no answer came: codes are safe, messages of clients may not be. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unanswered) return error.message;
  // What Deno does not permit: the text names the flag, and at most a host or a path.
  if (error instanceof Error && error.name === "NotCapable") return error.message;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "the connection broke";
}

/**
 * Cuts what could be an argument out of an answer. Redis quotes what it
 * repeats, and a script's own message stands behind a colon.
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
  // Redis may cut what it repeats, so the beginning of a long argument counts too.
  const repeats = args.some((arg) => arg.length > 3 && text.includes(arg.slice(0, 12)));
  return repeats ? word : text;
}
