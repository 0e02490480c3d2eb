/**
 * An error shown to the user of the command line: what failed, and how to fix it.
 *
 * @module
 */

/** Exit codes of errors, with the error code each stands for. */
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

/** Exit code of a command that fails. */
export type Exit = keyof typeof exits;

/** Ends the command with an exit code; printed as one line, without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** Exit code of the process. */
  readonly exit: Exit;
  /** The fix, in one sentence. */
  readonly hint: string | undefined;

  /** Creates the error; `message` names the option and value at fault. */
  constructor(exit: Exit, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exit = exit;
    this.hint = options.hint;
  }
}

/** Ends a command: the user has answered No. It is no error, and is shown as a plain sentence. */
export class Declined extends CliError {
  constructor() {
    super(9, "Nothing was changed");
  }
}
