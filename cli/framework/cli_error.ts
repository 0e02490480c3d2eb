/**
 * An error for whoever typed the command: what cannot be done, and what to do
 * instead.
 *
 * @module
 */

/** The exit codes of an error, and the word each stands for. */
export const exits = {
  1: "RL_FAILED",
  2: "RL_USAGE",
  3: "RL_CONNECTION",
  4: "RL_NOT_FOUND",
  5: "RL_CONFLICT",
  6: "RL_TIMEOUT",
  7: "RL_UNHEALTHY",
  8: "RL_BROKEN",
  9: "RL_UNCONFIRMED",
} as const;

/** What a command may exit with when it fails. */
export type Exit = keyof typeof exits;

/** Ends the command with an exit code; shown as one line, without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** What the process exits with. */
  readonly exit: Exit;
  /** What to do about it, in one sentence. */
  readonly hint: string | undefined;

  /** Makes the error; `message` names the option and its value where one is to blame. */
  constructor(exit: Exit, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exit = exit;
    this.hint = options.hint;
  }
}
