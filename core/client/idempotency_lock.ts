/**
 * Idempotency without a task: one caller does the work of a key, the others
 * wait for its result. The same kind of record as a task, in a queue of its own
 * that no worker takes from. How that is held is loaded by the first who does.
 *
 * @module
 */

import { loaded } from "../task/current_run.ts";
import { type Duration, toMs } from "../base/duration.ts";
import { partitionOf } from "../protocol/keys.ts";
import { derivedLocal } from "../protocol/task_id.ts";
import type { IdempotencyLock } from "./lock_lease.ts";
import { functionOption, keyOption, knownOptions } from "../base/options.ts";
import { defaultClient } from "../task/client_registry.ts";
import { insideOf, type Relier } from "./create_relier.ts";
import { defaultLockWaitMs, defaultRetentionMs } from "../defaults.ts";

/** Options of {@linkcode idempotencyLock}. */
export interface LockOptions {
  /** What must be done once; 1 to 512 characters. */
  key: string;
  /** How long the result is kept; 1 h by default. */
  ttl?: Duration;
  /** How long to wait for another holder; 30 s by default. */
  wait?: Duration;
}

/** The queue that keeps the records of locks; no worker takes from it. */
export const lockQueue = "relier.locks";

/**
 * Takes the lock of a key, or finds what its work came to. Disposing of it
 * without {@linkcode IdempotencyLock.complete} lets the next caller do the work.
 * Goes through the client of this process unless another is given.
 *
 * @throws {RelierError} `RL_CONFLICT` if another holder is at it for longer than `wait`.
 * @throws TypeError, RangeError if an option is not what it should be.
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
  knownOptions("idempotencyLock()", options, ["key", "ttl", "wait"]);
  const key = keyOption("key", options.key);
  const { ttl = defaultRetentionMs, wait = defaultLockWaitMs } = options;
  const keepMs = toMs("ttl", ttl);
  const waitMs = toMs("wait", wait);
  const { caller, prefix } = insideOf(relier);
  const partition = partitionOf(lockQueue, 0, prefix);
  const { takeLock } = await loaded(() => import("../worker/lazy.ts"));
  return await takeLock<T>(caller, partition, { id: derivedLocal("lock", key), keepMs, waitMs });
}

/**
 * Runs `fn` once for a key and gives everybody its result. If it throws, the
 * error is this caller's and the next one runs it.
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
  await held.complete(result);
  return result;
}
