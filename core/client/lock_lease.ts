/**
 * The lock of a key while it is wanted and while it is held: asked for until it is
 * free, renewed until its work is done, and settled by a script that workers use.
 *
 * @module
 */

import { RelierError } from "../base/errors.ts";
import { decodeResult, encodeResult } from "../base/json.ts";
import type { Partition } from "../protocol/keys.ts";
import { randomLocal } from "../protocol/task_id.ts";
import { sleep } from "../base/timers.ts";
import { defaultLeaseMs as leaseMs } from "../defaults.ts";
import { call, type Caller } from "../redis/call.ts";
import { lock, settleAndClaim, unlock } from "../redis/generated/worker.ts";

/** The right to do the work of a key, or what it came to. */
export interface IdempotencyLock<T = unknown> extends AsyncDisposable {
  /** Whether somebody has done it; then `cachedResult` is what came of it. */
  readonly alreadyExecuted: boolean;
  /** What the call that ran came to, if it is over. */
  readonly cachedResult: T | undefined;
  /** Rises with every holder: lend it to `UPDATE … WHERE fence < $1`. 0 if it was done already. */
  readonly fence: number;
  /** Aborts when the lock is lost, which takes a process that was stopped for longer than the lease. */
  readonly signal: AbortSignal;
  /**
   * Stores the result for everybody.
   *
   * @throws {RelierError} `RL_LEASE_LOST` if the lock is another caller's now.
   */
  complete(result: T): Promise<void>;
}

/** Which lock, for how long its result is kept, and for how long another holder is waited for. */
export interface LockWish {
  readonly id: string;
  readonly keepMs: number;
  readonly waitMs: number;
}

/**
 * Takes the lock of a key at `partition`, or finds what its work came to.
 *
 * @throws {RelierError} `RL_CONFLICT` if another holder is at it for longer than `waitMs`.
 */
export async function takeLock<T>(
  caller: Caller,
  partition: Partition,
  { id, keepMs, waitMs }: LockWish,
): Promise<IdempotencyLock<T>> {
  const nonce = randomLocal();
  const giveUpAt = performance.now() + waitMs;
  const observer = await caller.telemetry?.();
  const tell = (result: "executed" | "cached" | "waited" | "conflict") =>
    observer?.claimed(partition.queue, result);

  for (let tries = 0;; tries++) {
    const reply = await call(caller, partition, lock, { id, nonce, leaseMs });
    if (reply[0] === "done") {
      tell(tries === 0 ? "cached" : "waited");
      return found<T>(reply[3]);
    }
    if (reply[0] === "ok") {
      tell("executed");
      return hold(Number(reply[3]));
    }
    const left = giveUpAt - performance.now();
    if (left <= 0) {
      tell("conflict");
      throw new RelierError(
        "RL_CONFLICT",
        `Cannot lock the key: another holder is at it after ${waitMs} ms`,
        {
          hint: "wait longer, or answer that it is under way",
        },
      );
    }
    await sleep(Math.min(left, reply[3], 20 * 2 ** Math.min(tries, 5)));
  }

  function hold(fence: number): IdempotencyLock<T> {
    const lost = new AbortController();
    const over = new AbortController();
    void renew();

    async function renew(): Promise<void> {
      let trustUntil = performance.now() + leaseMs;
      while (!over.signal.aborted) {
        await sleep(leaseMs * 0.3, over.signal);
        if (over.signal.aborted) return;
        const sentAt = performance.now();
        const word = await call(caller, partition, lock, { id, nonce, leaseMs }).then(
          ([w]) => w,
          () => null,
        );
        if (word === "ok") trustUntil = sentAt + leaseMs;
        else if (word !== null || performance.now() > trustUntil) return lose();
      }
    }

    function lose(): void {
      over.abort();
      lost.abort(new RelierError("RL_LEASE_LOST", "The lock is another caller's now"));
    }

    return {
      alreadyExecuted: false,
      cachedResult: undefined,
      fence,
      signal: lost.signal,
      async complete(result) {
        const text = encodeResult(result, "idempotencyLock").text;
        const args = {
          worker: "lock",
          call: "0",
          nonce,
          slots: 0,
          spare: 0,
          leaseMs,
          empty: 0,
          relief: 0,
          traces: "",
        };
        const row = {
          id,
          nonce,
          event: "complete",
          ms: keepMs,
          text,
          error: "",
          partial: "",
          name: "",
        };
        const [, , , , stale] = await call(caller, partition, settleAndClaim, args, [row]);
        over.abort();
        if (stale.length === 0) return;
        throw new RelierError(
          "RL_LEASE_LOST",
          "Cannot store the result: the lock is another caller's now",
        );
      },
      async [Symbol.asyncDispose]() {
        if (over.signal.aborted) return;
        over.abort();
        await call(caller, partition, unlock, { id, nonce });
      },
    };
  }
}

function found<T>(text: string): IdempotencyLock<T> {
  return {
    alreadyExecuted: true,
    cachedResult: decodeResult(text) as T,
    fence: 0,
    signal: new AbortController().signal,
    complete: () =>
      Promise.reject(new RelierError("RL_CONFLICT", "Cannot complete: it was done already")),
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
