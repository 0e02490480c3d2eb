/**
 * The errors that callers are expected to distinguish. Wrong arguments are
 * `TypeError` and `RangeError`; see `options.ts`.
 *
 * @module
 */

/** The kind of an error, as a word a program can compare. */
export type RelierErrorCode =
  | "RL_ADMISSION"
  | "RL_VALIDATION"
  | "RL_CONNECTION"
  | "RL_REFUSED"
  | "RL_SOFT_TIMEOUT"
  | "RL_HARD_TIMEOUT"
  | "RL_CANCELLED"
  | "RL_LEASE_LOST"
  | "RL_DRAINING"
  | "RL_BUDGET"
  | "RL_RESULT_TIMEOUT"
  | "RL_RESULT_NOT_KEPT"
  | "RL_TASK_FAILED"
  | "RL_SCHEMA_VERSION"
  | "RL_PAYLOAD_TOO_LARGE"
  | "RL_CONFLICT"
  | "RL_DATA_LOSS"
  | "RL_UNROUTABLE"
  | "RL_CORRUPT"
  | "RL_NOT_FOUND"
  | "RL_ISOLATE";

/** Codes after which the same call may succeed later, unless the error itself says otherwise. */
const retryable: ReadonlySet<RelierErrorCode> = new Set([
  "RL_ADMISSION",
  "RL_CONNECTION",
  "RL_RESULT_TIMEOUT",
  "RL_DRAINING",
]);

/** Recognises our errors across realms and duplicate copies of this package. */
const brand = Symbol.for("@relier/core/error");

/** Details of an error. */
export interface RelierErrorOptions {
  /** The fix, in one sentence. */
  readonly hint?: string;
  /** The underlying error. */
  readonly cause?: unknown;
  /** True if the same call may succeed later; by default the code decides. */
  readonly retryable?: boolean;
}

/** The base of every error this package throws for a state of the world. */
export class RelierError extends Error {
  /** Identifies the class where `instanceof` cannot. */
  override readonly name: string = "RelierError";
  /** The kind of the error. */
  readonly code: RelierErrorCode;
  /** The fix, in one sentence. */
  readonly hint: string | undefined;
  /** True if the same call may succeed later. */
  readonly retryable: boolean;

  /** Makes an error with a code. */
  constructor(code: RelierErrorCode, message: string, options: RelierErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.retryable = options.retryable ?? retryable.has(code);
    Object.defineProperty(this, brand, { value: true });
  }

  /** Returns true for an error of this package, with `code` if given; works across its copies. */
  static is(error: unknown, code?: RelierErrorCode): error is RelierError {
    return typeof error === "object" && error !== null && brand in error &&
      (code === undefined || (error as { code?: unknown }).code === code);
  }

  /** Returns the parts that are safe to show: never a stack, never a payload. */
  toJSON(): { name: string; code: RelierErrorCode; message: string; hint: string | undefined } {
    return { name: this.name, code: this.code, message: this.message, hint: this.hint };
  }
}

/** The limit that kept a task out of a queue. */
export type AdmissionReason = "closed" | "depth" | "age" | "tenant" | "rate";

const refusals: Readonly<Record<AdmissionReason, string>> = {
  closed: "it is closed",
  depth: "it is full",
  age: "its oldest task has waited too long",
  tenant: "its tenant has too many unfinished tasks there",
  rate: "tasks come faster than its rate allows",
};

/** A queue refused a task because of its limits. */
export class AdmissionRejectedError extends RelierError {
  /** Identifies the class where `instanceof` cannot. */
  override readonly name = "AdmissionRejectedError";
  /** The queue that refused. */
  readonly queue: string;
  /** The limit that refused the task. */
  readonly reason: AdmissionReason;
  /**
   * Milliseconds to wait before trying again. For a `rate` this is exact: there is
   * room then, unless another producer takes it. For other limits it is an estimate.
   */
  readonly retryAfterMs: number;
  /** The same in seconds, rounded up. */
  readonly retryAfter: number;

  /** Makes the error for `queue`, which asks to wait `retryAfterMs`. */
  constructor(queue: string, reason: AdmissionReason, retryAfterMs: number) {
    const retryAfter = Math.max(1, Math.ceil(retryAfterMs / 1000));
    super("RL_ADMISSION", `Cannot push to queue "${queue}": ${refusals[reason]}`, {
      hint: `try again after ${retryAfter} s`,
    });
    this.queue = queue;
    this.reason = reason;
    this.retryAfterMs = retryAfterMs;
    this.retryAfter = retryAfter;
  }
}

/** One place where a payload does not match its task. */
export interface PayloadIssue {
  /** The reason; never the value itself. */
  readonly message: string;
  /** The path of the place, such as `["items", 3, "price"]`. */
  readonly path?: readonly PropertyKey[];
}

/** A payload was refused before it was sent. */
export class PayloadValidationError extends RelierError {
  /** Identifies the class where `instanceof` cannot. */
  override readonly name = "PayloadValidationError";
  /** All issues found. */
  readonly issues: readonly PayloadIssue[];

  /** Makes the error for a payload of `task`, which is a `list` of arguments or one input. */
  constructor(task: string, issues: readonly PayloadIssue[], list = false) {
    const first = issues[0];
    const at = placeOf(first?.path ?? [], list);
    super("RL_VALIDATION", `Cannot accept the payload of "${task}"${at}: ${first?.message}`);
    this.issues = issues;
  }
}

/** The place in a payload, as a message names it: people count arguments from 1. */
function placeOf(path: readonly PropertyKey[], list: boolean): string {
  const [argument, ...inside] = list ? path : [undefined, ...path];
  const at = inside.length > 0 ? ` at ${inside.map(String).join(".")}` : "";
  return argument === undefined ? at : ` in argument ${Number(argument) + 1}${at}`;
}

/** A task ended in the dead-letter queue; `cause` is its last error. */
export class TaskFailedError extends RelierError {
  /** Identifies the class where `instanceof` cannot. */
  override readonly name = "TaskFailedError";
  /** The id of the task. */
  readonly id: string;
  /** The reason of its death, such as `attempts`, `discarded`, `crashes` or `corrupt`. */
  readonly reason: string;

  /** Makes the error for the dead task `id`. */
  constructor(id: string, reason: string, cause: { name: string; message: string } | null) {
    super(
      "RL_TASK_FAILED",
      `Task "${id}" is dead (${reason})${cause ? `: ${cause.message}` : ""}`,
      {
        hint: "release it from the dead-letter queue to run it again",
        ...(cause && { cause }),
      },
    );
    this.id = id;
    this.reason = reason;
  }
}
