/**
 * Names of queues. Two are reserved for records that no worker may claim.
 *
 * @module
 */

import { nameOption } from "../base/options.ts";

/** The queue that keeps the records of locks; no worker claims from it. */
export const lockQueue = "relier.locks";

/** The queue that keeps the names of queues and the actions of operators. */
export const registryQueue = "relier.queues";

/**
 * Reads the name of a queue for tasks.
 *
 * @throws TypeError if it is not a string, RangeError if it has another form or is reserved.
 */
export function queueOption(value: unknown): string {
  const name = nameOption("queue", value);
  if (name !== lockQueue && name !== registryQueue) return name;
  throw new RangeError(
    `Cannot use queue "${name}": the name is reserved for records of this package; choose another`,
  );
}
