/**
 * What a handler throws to say more than "it failed".
 *
 * @module
 */

import { type Duration, toMs } from "../base/duration.ts";
import { knownOptions } from "../base/options.ts";

/** Throw it to try again at a time of your choosing. It counts as a failure. */
export class Retry extends Error {
  /** Tells it apart where `instanceof` cannot. */
  override readonly name = "Retry";
  /** Milliseconds until the next attempt; the task's own backoff if undefined. */
  readonly afterMs: number | undefined;

  /**
   * Makes the error.
   *
   * @throws TypeError, RangeError if `after` is no duration.
   */
  constructor(options: { after?: Duration; message?: string } = {}) {
    knownOptions("new Retry()", options, ["after", "message"]);
    super(options.message ?? "the task asked to be retried");
    this.afterMs = options.after === undefined ? undefined : toMs("after", options.after);
  }
}

/** Throw it when no further attempt can help: the task goes to the dead-letter queue. */
export class Discard extends Error {
  /** Tells it apart where `instanceof` cannot. */
  override readonly name = "Discard";

  /** Makes the error. */
  constructor(message = "the task asked to be discarded") {
    super(message);
  }
}
