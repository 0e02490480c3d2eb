/**
 * What the core asks of a Redis client. This is the whole seam: an adapter is
 * correct when it passes `test/conformance/port.ts`.
 *
 * @module
 */

/** A reply, in the only shapes scripts are allowed to return, on every client. */
export type Reply = string | number | null | readonly Reply[];

/** A Lua program, and the SHA-1 Redis knows it by. */
export interface Program {
  /** The name of the file in `lua/` it was built from. */
  readonly name: string;
  /** SHA-1 of `source`, in lower-case hexadecimal. */
  readonly sha: string;
  /** The text sent when Redis does not know the hash. */
  readonly source: string;
}

/** How far a write must have travelled before {@linkcode RedisPort.run} resolves. */
export interface Confirm {
  /** Replicas that must have acknowledged (`WAIT`), 1 to 16. */
  readonly replicas?: number;
  /** Whether the local append-only file must be on disk (`WAITAOF`). */
  readonly fsync?: boolean;
  /** Milliseconds to wait for that, 1 to 60,000. */
  readonly timeoutMs: number;
}

/** A connection to Redis, at the level of scripts. */
export interface RedisPort {
  /**
   * Runs `program` atomically. One call may execute the program more than
   * once, because clients resend: every program has to be repeatable.
   *
   * `confirm` is sent behind the script on the same connection; on another
   * one it would answer for nothing.
   *
   * @throws {RedisError} `refused` if Redis answered with an error, `unknown`
   * if no answer came in time, `unsupported` if the server cannot confirm.
   */
  run(
    program: Program,
    keys: readonly string[],
    args: readonly string[],
    confirm?: Confirm,
  ): Promise<Reply>;

  /**
   * Waits until one of `bells` rings, `ms` have passed or `signal` aborts. May
   * return early and may miss a ring: it saves polling, and nothing relies on
   * it for correctness.
   *
   * @throws {RedisError} `unknown` if the connection broke.
   */
  wait(bells: readonly string[], ms: number, signal?: AbortSignal): Promise<void>;

  /**
   * Subscribes to `channel` and resolves, once Redis has confirmed, to a
   * function that unsubscribes. One handler is called once per message however
   * often the client reconnects. `onCut` is called when the subscription was
   * lost, and again never until it stands again. Absent where there is no
   * connection to hold (HTTP).
   */
  listen?(
    channel: string,
    onMessage: (message: string) => void,
    onCut?: () => void,
  ): Promise<() => void>;

  /** Closes what this port opened. A client passed in by the caller stays open. */
  close(): Promise<void>;

  /**
   * Resolves to what its adapter needs to open the same Redis again in another
   * thread, as plain data; to `undefined` if that cannot be told as such. A
   * function, because it holds passwords and ports are printed.
   */
  origin?(): Promise<unknown>;
}

/** What is known after a call failed. */
export type RedisFailure = "refused" | "unknown" | "unsupported";

/** A call to Redis failed. Its message never holds an argument of the call. */
export class RedisError extends Error {
  /** Tells it apart where `instanceof` cannot. */
  override readonly name = "RedisError";

  /**
   * `refused`: Redis answered with an error, so nothing happened. `unknown`:
   * no answer came, so it may have. `unsupported`: this server cannot do it.
   */
  readonly failure: RedisFailure;

  /** The first word of Redis's reply, such as `OOM` or `NOPERM`; else empty. */
  readonly reply: string;

  /** Makes the error; `reply` is the first word of what Redis answered. */
  constructor(message: string, failure: RedisFailure, reply = "") {
    super(message);
    this.failure = failure;
    this.reply = reply;
  }

  /** Whether `error` is one of these; works across copies of the package. */
  static is(error: unknown): error is RedisError {
    return error instanceof Error && error.name === "RedisError" && "failure" in error;
  }
}
