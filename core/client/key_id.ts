/**
 * Derives an id from a key, so that a caller who knows the key finds its task or lock without a list
 * of keys.
 *
 * @module
 */

import { idOf, partitionOf } from "../protocol/keys.ts";
import { lockQueue } from "../protocol/queue_name.ts";
import { derivedLocal } from "../protocol/task_id.ts";
import { keyOption, nameOption } from "../base/options.ts";

/**
 * The id of the task `task` with the business key `key` in `queue`; without a
 * task, of the lock that {@linkcode idempotencyLock} takes for `key`.
 *
 * @throws TypeError, RangeError if the key or a name is invalid.
 */
export function keyId(
  { key, task, queue = "default" }: {
    key: string;
    task?: string | undefined;
    queue?: string | undefined;
  },
): string {
  const what = keyOption("key", key);
  if (task === undefined) return idOf(partitionOf(lockQueue), derivedLocal("lock", what));
  const local = derivedLocal("key", nameOption("task", task), what);
  return idOf(partitionOf(nameOption("queue", queue)), local);
}
