/**
 * The errors that a handler throws to decide how its failure is handled.
 *
 * @module
 */

import { type Duration, toMs } from "../base/duration.ts";
import { knownOptions } from "../base/options.ts";

/** Thrown by a handler to choose the time of the next attempt. It counts as a failure. */
export class Retry extends Error {
  /** Identifies the class where `instanceof` cannot, as across two copies of this package. */
  override readonly name = "Retry";
  /** Milliseconds until the next attempt; the task's own backoff if undefined. */
  readonly afterMs: number | undefined;

  /**
   * Creates the error.
   *
   * @throws TypeError, RangeError if `after` is no duration.
   */
  constructor(options: { after?: Duration; message?: string } = {}) {
    knownOptions("new Retry()", options, ["after", "message"]);
    super(options.message ?? "the task asked to be retried");
    this.afterMs = options.after === undefined ? undefined : toMs("after", options.after);
  }
}

/** Thrown by a handler if no further attempt can help: the task goes to the dead-letter queue. */
export class Discard extends Error {
  /** Identifies the class where `instanceof` cannot, as across two copies of this package. */
  override readonly name = "Discard";

  /** Creates the error. */
  constructor(message = "the task asked to be discarded") {
    super(message);
  }
}
