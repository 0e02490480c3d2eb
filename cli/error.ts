/**
 * An error for whoever typed the command: what cannot be done, and what to do
 * instead.
 *
 * @module
 */

/** Ends the command with an exit code; shown as one line, without a stack. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** What the process exits with. */
  readonly exit: 1 | 2 | 3 | 8;
  /** What to do about it, in one sentence. */
  readonly hint: string | undefined;

  /** Makes the error; `message` names the option and its value where one is to blame. */
  constructor(
    exit: 1 | 2 | 3 | 8,
    message: string,
    options: { hint?: string; cause?: unknown } = {},
  ) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.exit = exit;
    this.hint = options.hint;
  }
}
