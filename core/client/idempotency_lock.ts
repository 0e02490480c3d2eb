/**
 * Idempotency without a task: one caller does the work of a key, the others wait for its result. The
 * record is the same as a task's, in a queue that no worker claims from. The lock itself is loaded on
 * first use.
 *
 * @module
 */

import { importOutsideScope } from "../base/async_scope.ts";
import { functionOption } from "../base/options.ts";
import { partitionOf } from "../protocol/keys.ts";
import { lockQueue } from "../protocol/queue_name.ts";
import { defaultClient } from "../task/client_registry.ts";
import { internalsOf } from "./create_relier.ts";
import type { IdempotencyLock, LockOptions } from "./lock_lease.ts";
import type { Relier } from "./relier.ts";

export { lockQueue };

/**
 * Acquires the lock of a key, or finds the result of its work. Disposing of the lock
 * without {@linkcode IdempotencyLock.complete} lets the next caller do the work.
 * Goes through the client of this process unless another is given.
 *
 * @throws {RelierError} `RL_CONFLICT` if another holder keeps the lock for longer than `wait`.
 * @throws TypeError, RangeError if an option is not valid.
 */
export function idempotencyLock<T = unknown>(options: LockOptions): Promise<IdempotencyLock<T>>;
/** {@linkcode idempotencyLock} through `relier`. */
export function idempotencyLock<T = unknown>(
  relier: Relier,
  options: LockOptions,
): Promise<IdempotencyLock<T>>;
export async function idempotencyLock<T>(
  ...args: [LockOptions] | [Relier, LockOptions]
): Promise<IdempotencyLock<T>> {
  const [relier, options] = args.length === 1 ? [defaultClient() as Relier, args[0]] : args;
  const { caller, prefix } = internalsOf(relier);
  const { acquireLock } = await loadLocks();
  return await acquireLock<T>(caller, partitionOf(lockQueue, 0, prefix), options);
}

/**
 * Runs `fn` once for a key and returns its result to every caller. If `fn` throws, this caller gets
 * the error and the next one runs it. Later callers get the result as JSON keeps it, and
 * `undefined` if that is over 256 KB.
 */
export function idempotent<T>(
  key: string,
  fn: () => T | Promise<T>,
  options?: Omit<LockOptions, "key">,
): Promise<T>;
/** {@linkcode idempotent} through `relier`. */
export function idempotent<T>(
  relier: Relier,
  key: string,
  fn: () => T | Promise<T>,
  options?: Omit<LockOptions, "key">,
): Promise<T>;
export async function idempotent<T>(...args: unknown[]): Promise<T> {
  const [relier, key, fn, options] = typeof args[0] === "object"
    ? args
    : [defaultClient(), ...args];
  const work = functionOption("fn", fn) as () => T | Promise<T>;
  const lockOptions = { ...options as Omit<LockOptions, "key">, key: key as string };
  await using held = await idempotencyLock<T>(relier as Relier, lockOptions);
  if (held.alreadyExecuted) return held.cachedResult as T;
  const result = await work();
  await (await loadLocks()).completeDone(held, result);
  return result;
}

function loadLocks(): Promise<typeof import("./lock_lease.ts")> {
  return importOutsideScope(() => import("./lock_lease.ts"));
}
