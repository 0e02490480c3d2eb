/**
 * The lock of a key: acquired once it is free, renewed while its work runs, and settled by the script
 * that workers settle with.
 *
 * @module
 */

import { type Duration, toMs } from "../base/duration.ts";
import { RelierError } from "../base/errors.ts";
import { decodeResult, encodeResult } from "../base/json.ts";
import { keepValue } from "../base/kept_result.ts";
import { keyOption, knownOptions } from "../base/options.ts";
import { abortController, sleep } from "../base/timers.ts";
import { defaultLeaseMs as leaseMs, defaultLockWaitMs, defaultRetentionMs } from "../defaults.ts";
import type { Partition } from "../protocol/keys.ts";
import { derivedLocal, randomLocal } from "../protocol/task_id.ts";
import { call, type Caller } from "../redis/call.ts";
import { purgeLocksIn } from "./purge_locks.ts";
import { lock, settleAndClaim, unlock } from "../redis/generated/worker.ts";

/** Options of {@linkcode idempotencyLock}. */
export interface LockOptions {
  /** The key of the work that must be done once; 1 to 512 characters. */
  key: string;
  /** The time for which the result is kept; 1 h by default. */
  ttl?: Duration;
  /** The longest wait for another holder; 30 s by default. */
  wait?: Duration;
}

/** The right to do the work of a key, or the result of that work. */
export interface IdempotencyLock<T = unknown> extends AsyncDisposable {
  /** True if the work is done; then `cachedResult` is its result. */
  readonly alreadyExecuted: boolean;
  /** The result of the work, if it is done. */
  readonly cachedResult: T | undefined;
  /** Rises with every holder: use it in `UPDATE … WHERE fence < $1`. 0 if the work was done already. */
  readonly fence: number;
  /** Aborts when the lock is lost. Only a process that was suspended for longer than the lease loses it. */
  readonly signal: AbortSignal;
  /**
   * Stores the result for every caller.
   *
   * @throws {RelierError} `RL_LEASE_LOST` if another caller holds the lock now.
   */
  complete(result: T): Promise<void>;
}

/** The arguments of a call that settles and claims nothing. */
const claimNothing = {
  worker: "lock",
  call: "0",
  slots: 0,
  spare: 0,
  empty: 0,
  relief: 0,
  traces: "",
};

/** The id of a lock, and the proof that this caller holds it. */
interface LockProof {
  readonly id: string;
  readonly nonce: string;
  readonly leaseMs: number;
}

/**
 * Acquires the lock of a key at `partition`, or finds the result of its work.
 *
 * @throws {RelierError} `RL_CONFLICT` if another holder keeps the lock for longer than `wait`.
 * @throws TypeError, RangeError if an option is not valid.
 */
export async function acquireLock<T>(
  caller: Caller,
  partition: Partition,
  options: LockOptions,
): Promise<IdempotencyLock<T>> {
  knownOptions("idempotencyLock()", options, ["key", "ttl", "wait"]);
  const { ttl = defaultRetentionMs, wait = defaultLockWaitMs } = options;
  const key = keyOption("key", options.key);
  const keepMs = toMs("ttl", ttl);
  const waitMs = toMs("wait", wait);
  const proof = { id: derivedLocal("lock", key), nonce: randomLocal(), leaseMs };
  const giveUpAt = performance.now() + waitMs;
  const observer = await caller.telemetry?.();
  const report = (result: "executed" | "cached" | "waited" | "conflict") =>
    observer?.keyClaimed(partition.queue, result);

  for (let tries = 0;; tries++) {
    const sentAt = performance.now();
    const reply = await call(caller, partition, lock, proof);
    if (reply[0] === "done") {
      report(tries === 0 ? "cached" : "waited");
      return doneLock<T>(reply[3]);
    }
    if (reply[0] === "ok") {
      report("executed");
      return heldLock<T>(caller, partition, proof, keepMs, Number(reply[3]), sentAt);
    }
    const left = giveUpAt - performance.now();
    if (left <= 0) {
      report("conflict");
      throw new RelierError(
        "RL_CONFLICT",
        `Cannot lock the key: another caller holds it after ${waitMs} ms`,
        { hint: "wait longer, or answer that it is under way" },
      );
    }
    await sleep(Math.min(left, reply[3], 20 * 2 ** Math.min(tries, 5)));
  }
}

/**
 * Stores the result of work that is done, or the part of it that can be stored: a refusal would
 * have the next caller do the work again.
 *
 * @throws {RelierError} `RL_LEASE_LOST` if another caller holds the lock now.
 */
export async function completeDone<T>(lock: IdempotencyLock<T>, result: T): Promise<void> {
  const { text, loss } = keepValue(result, "idempotent()");
  await lock.complete(loss ? decodeResult(text) as T : result);
}

/** A lock that this caller holds since `sentAt`, and renews until it is completed or disposed of. */
function heldLock<T>(
  caller: Caller,
  partition: Partition,
  proof: LockProof,
  keepMs: number,
  fence: number,
  sentAt: number,
): IdempotencyLock<T> {
  const lost = abortController();
  const over = abortController();
  let trustedUntil = sentAt + leaseMs;
  void renew();
  void watchTrust();

  /** Another caller holds the lock, or may hold it. */
  function lose(): void {
    if (over.signal.aborted) return;
    over.abort();
    lost.abort(new RelierError("RL_LEASE_LOST", "The lock is lost"));
  }

  async function renew(): Promise<void> {
    while (!over.signal.aborted) {
      await sleep(leaseMs * 0.3, over.signal);
      if (over.signal.aborted) return;
      const sentAt = performance.now();
      const [word] = await call(caller, partition, lock, proof).catch(() => [null]);
      if (word === "ok") trustedUntil = sentAt + leaseMs;
      else if (word !== null) lose();
    }
  }

  /** A renewal may hang for longer than the lease: trust ends with the lease, not with the call. */
  async function watchTrust(): Promise<void> {
    let left: number;
    while (!over.signal.aborted && (left = trustedUntil - performance.now()) > 0) {
      await sleep(left, over.signal);
    }
    lose();
  }

  return {
    alreadyExecuted: false,
    cachedResult: undefined,
    fence,
    signal: lost.signal,
    async complete(result) {
      const { text } = encodeResult(result, "idempotencyLock");
      const row = {
        ...proof,
        event: "complete",
        ms: keepMs,
        keyMs: keepMs,
        text,
        error: "",
        partial: "",
        name: "",
        needs: "",
        keep: 0,
      };
      const args = { ...proof, ...claimNothing };
      const [, , , , stale] = await call(caller, partition, settleAndClaim, args, [row]);
      over.abort();
      if (stale.length === 0) return purgeLocksIn(caller, partition, keepMs);
      throw new RelierError(
        "RL_LEASE_LOST",
        "Cannot store the result: the lock is lost",
      );
    },
    async [Symbol.asyncDispose]() {
      if (over.signal.aborted) return;
      over.abort();
      await call(caller, partition, unlock, proof);
    },
  };
}

/** The lock of a key whose work is done. */
function doneLock<T>(text: string): IdempotencyLock<T> {
  return {
    alreadyExecuted: true,
    cachedResult: decodeResult(text) as T,
    fence: 0,
    signal: abortController().signal,
    complete: () => Promise.reject(new RelierError("RL_CONFLICT", "Cannot complete: it is done")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
