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

/** Reads an error of a client. The text must not repeat any of `args`. */
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

/** A short reason for a missing answer: codes are safe, messages of clients may not be. */
export function reasonOf(error: unknown): string {
  if (error instanceof Unanswered) return error.message;
  // Deno denies a permission: the text names the flag, and at most a host or a path.
  if (error instanceof Error && error.name === "NotCapable") return error.message;
  const code = (error as { code?: unknown } | null | undefined)?.code;
  return typeof code === "string" && /^[A-Z0-9_]{1,60}$/.test(code) ? code : "the connection broke";
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
