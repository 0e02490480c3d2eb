/**
 * Idempotency without a task: one caller does the work of a key, the others
 * wait for its result. The same kind of record as a task, in a queue of its own
 * that no worker takes from.
 *
 * @module
 */

import { loaded } from "./context.ts";
import { type Duration, toMs } from "./duration.ts";
import { RelierError } from "./errors.ts";
import { decodeResult, encodeResult } from "./json.ts";
import { homeOf } from "./keys.ts";
import { derivedLocal, randomLocal } from "./local_id.ts";
import { functionOption, keyOption, knownOptions } from "./options.ts";
import { pause } from "./pause.ts";
import { defaultClient } from "./producer.ts";
import { insideOf, type Relier } from "./relier.ts";
import { call } from "./script.ts";
import { lock, unlock } from "./scripts.ts";

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
const leaseMs = 10_000;
const hour = 3_600_000;

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
  const { ttl = hour, wait = 30_000 } = options;
  const keepMs = toMs("ttl", ttl);
  const waitMs = toMs("wait", wait);
  const { caller, prefix } = insideOf(relier);
  const home = homeOf(lockQueue, 0, prefix);
  const id = derivedLocal("lock", key);
  const nonce = randomLocal();
  const giveUpAt = performance.now() + waitMs;

  for (let tries = 0;; tries++) {
    const reply = await call(caller, home, lock, { id, nonce, leaseMs });
    if (reply[0] === "done") return found<T>(reply[3]);
    if (reply[0] === "ok") return hold(Number(reply[3]));
    const left = giveUpAt - performance.now();
    if (left <= 0) {
      throw new RelierError(
        "RL_CONFLICT",
        `Cannot lock the key: another holder is at it after ${waitMs} ms`,
        {
          hint: "wait longer, or answer that it is under way",
        },
      );
    }
    await pause(Math.min(left, reply[3], 20 * 2 ** Math.min(tries, 5)));
  }

  function hold(fence: number): IdempotencyLock<T> {
    const lost = new AbortController();
    const over = new AbortController();
    void renew();

    async function renew(): Promise<void> {
      let trustUntil = performance.now() + leaseMs;
      while (!over.signal.aborted) {
        await pause(leaseMs * 0.3, over.signal);
        if (over.signal.aborted) return;
        const sentAt = performance.now();
        const word = await call(caller, home, lock, { id, nonce, leaseMs }).then(
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
        const { turn } = await loaded(() => import("./work.ts"));
        const [, , , , stale] = await call(caller, home, turn, args, [row]);
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
        await call(caller, home, unlock, { id, nonce });
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
