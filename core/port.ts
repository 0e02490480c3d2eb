/**
 * The interface of a Redis client, as the core uses it. This is the whole seam: an adapter
 * is correct when it passes `test/conformance/port.ts`.
 *
 * @module
 */

/** A reply, in the only shapes scripts are allowed to return, on every client. */
export type Reply = string | number | null | readonly Reply[];

const repeated = new WeakSet<object>();

/** Marks the reply to a call that was sent again, after an attempt that may have run. */
export function markRepeated(reply: Reply): void {
  if (typeof reply === "object" && reply !== null) repeated.add(reply);
}

/** Returns true if an earlier attempt of the same call may have run before this reply. */
export function isRepeated(reply: Reply): boolean {
  return typeof reply === "object" && reply !== null && repeated.has(reply);
}

/** A Lua program, and the SHA-1 Redis knows it by. */
export interface Program {
  /** The name of the file in `lua/` it was built from. */
  readonly name: string;
  /** SHA-1 of `source`, in lower-case hexadecimal. */
  readonly sha: string;
  /** The text sent when Redis does not know the hash. */
  readonly source: string;
}

/** The confirmation of a write that {@linkcode RedisPort.run} waits for before it resolves. */
export interface Confirm {
  /** Replicas that must have acknowledged (`WAIT`), 1 to 16. */
  readonly replicas?: number;
  /** True if the local append-only file must be on disk (`WAITAOF`). */
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
   * connection it would confirm nothing.
   *
   * @throws {RedisError} `refused` if Redis answered with an error, `unsent` if there was no
   * connection, `unknown` if no answer came in time, `unsupported` if the server cannot confirm.
   */
  run(
    program: Program,
    keys: readonly string[],
    args: readonly string[],
    confirm?: Confirm,
  ): Promise<Reply>;

  /**
   * Waits until one of `bells` rings, `ms` have passed or `signal` aborts. May
   * return early and may miss a ring: it saves polling, and correctness does
   * not depend on it. Resolves to the bell that rang, if it is known.
   *
   * @throws {RedisError} `unknown` if the connection broke.
   */
  wait(bells: readonly string[], ms: number, signal?: AbortSignal): Promise<string | void>;

  /**
   * Subscribes to `channel` and resolves, once Redis has confirmed, to a
   * function that unsubscribes. A handler is called once per message, however
   * often the client reconnects. `onCut` is called once for each loss of the
   * subscription. Absent where there is no connection to hold (HTTP).
   */
  listen?(
    channel: string,
    onMessage: (message: string) => void,
    onCut?: () => void,
  ): Promise<() => void>;

  /** Closes the connections this port opened. A client passed in by the caller stays open. */
  close(): Promise<void>;

  /** True once the port is closed: no call of it will be answered. Absent where it is unknown. */
  readonly closed?: boolean;

  /** Host and port of the server, or the path of its socket, for people; absent where it is unknown. */
  readonly address?: string | undefined;

  /**
   * Why there is no connection now, such as `ECONNREFUSED`; undefined while there is one, and
   * where it is unknown.
   */
  readonly trouble?: string | undefined;

  /**
   * Lets the process end although connections are open, also those opened later; a call under way
   * keeps it alive. Absent where no connection does.
   */
  unref?(): void;

  /**
   * Resolves to plain data from which its adapter opens the same Redis in another
   * thread; to `undefined` if plain data cannot describe it. A function,
   * because the data holds passwords and ports are printed.
   */
  origin?(): Promise<unknown>;
}

/** The kind of a failed call, by what is known of its effect. */
export type RedisFailure = "refused" | "unsent" | "unknown" | "unsupported";

/** Details of a {@linkcode RedisError}. */
export interface RedisErrorOptions {
  /** The fix, in one sentence. */
  readonly hint?: string | undefined;
  /** True if the same call may succeed later; by default if no answer came. */
  readonly retryable?: boolean | undefined;
  /** True if the call may have had an effect; by default if no answer came. */
  readonly mayHaveRun?: boolean | undefined;
}

/** A call to Redis failed. Its message never holds an argument of the call. */
export class RedisError extends Error {
  /** Identifies the class where `instanceof` cannot. */
  override readonly name = "RedisError";

  /**
   * `refused`: Redis answered with an error, so the call had no effect. `unsent`: there was no
   * connection to send it on, so it had none either. `unknown`: no answer came, so it may have
   * had one. `unsupported`: this server cannot do it.
   */
  readonly failure: RedisFailure;

  /**
   * The first word of Redis's reply, such as `OOM` or `NOPERM`; else empty. `HTTP413` if a
   * service in front of it refused the size of the call.
   */
  readonly reply: string;

  /** The fix, in one sentence, if the cause is known. */
  readonly hint: string | undefined;

  /** True if the same call may succeed later. */
  readonly retryable: boolean;

  /** True if the call may have had an effect all the same. */
  readonly mayHaveRun: boolean;

  /** Makes the error; `reply` is the first word of the answer of Redis. */
  constructor(
    message: string,
    failure: RedisFailure,
    reply = "",
    options: RedisErrorOptions = {},
  ) {
    const unanswered = failure === "unsent" || failure === "unknown";
    const { hint, retryable = unanswered, mayHaveRun = failure === "unknown" } = options;
    super(message);
    this.failure = failure;
    this.reply = reply;
    this.hint = hint;
    this.retryable = retryable;
    this.mayHaveRun = mayHaveRun;
  }

  /** Returns true for an error of this class; works across copies of the package. */
  static is(error: unknown): error is RedisError {
    return error instanceof Error && error.name === "RedisError" && "failure" in error;
  }
}
