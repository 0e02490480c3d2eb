/**
 * The context of a running handler, and the part of it that goes into the next
 * heartbeat.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { TaskContext } from "../task/task_context.ts";
import { decodeResult } from "../base/json.ts";
import { keepValue } from "../base/kept_result.ts";
import { abortController } from "../base/timers.ts";
import { idOf } from "../protocol/keys.ts";
import type {
  AttemptContext,
  AttemptHost,
  ClaimedTask,
  ProgressUpdate,
} from "./running_attempt.ts";
import type { RelierError } from "../base/errors.ts";
import { LogTail } from "../log/log_tail.ts";
import type { LogFields, LogLevel } from "../log/logger.ts";
import { createSteps } from "./steps.ts";
import { taskLog } from "../task/task_logger.ts";
import type { AttemptScope } from "../telemetry/observer.ts";
import { maxReasonLength } from "../defaults.ts";

/** Makes the context of an attempt at `task`; `span` observes its steps. */
export function createAttemptContext(
  task: ClaimedTask,
  host: AttemptHost,
  span?: Pick<AttemptScope, "step">,
): AttemptContext {
  return new WorkerContext(task, host, span);
}

/** The context from the worker's side. Signals are made on first use: most handlers have none. */
class WorkerContext implements AttemptContext {
  readonly task: HandlerContext;
  readonly claimed: ClaimedTask;
  readonly host: AttemptHost;
  readonly span: Pick<AttemptScope, "step"> | undefined;
  progress = "";
  remark = "";
  #savedPartial: string;
  /** Why the last partial result is not kept whole; reported once, not with every heartbeat. */
  #lossReported: string | undefined = undefined;
  #stepped = false;
  #tail: LogTail | undefined = undefined;
  #hard: AbortController | undefined = undefined;
  #soft: AbortController | undefined = undefined;

  constructor(
    claimed: ClaimedTask,
    host: AttemptHost,
    span: Pick<AttemptScope, "step"> | undefined,
  ) {
    this.claimed = claimed;
    this.host = host;
    this.span = span;
    this.#savedPartial = claimed.claim.again?.partial ?? "";
    this.task = new HandlerContext(this);
  }

  get hard(): AbortController {
    return this.#hard ??= abortController();
  }

  get soft(): AbortController {
    return this.#soft ??= abortController();
  }

  abort(reason: RelierError): void {
    this.hard.abort(reason);
  }

  abortSoftly(reason: RelierError): void {
    this.soft.abort(reason);
  }

  partial(): string {
    const text = this.#partialText();
    return text === this.#savedPartial ? "" : text;
  }

  #partialText(): string {
    const { name, partialResult } = this.task;
    if (partialResult === undefined) return "";
    const { text, loss } = keepValue(partialResult, `${name}, partial result`);
    if (loss && loss.message !== this.#lossReported) this.onError(loss);
    this.#lossReported = loss?.message;
    return text;
  }

  update(): ProgressUpdate {
    return { progress: this.progress, remark: this.remark, partial: this.partial() };
  }

  saved(update: ProgressUpdate): void {
    if (update.partial) this.#savedPartial = update.partial;
    if (update.progress === this.progress) this.progress = "";
  }

  stepSaved(): void {
    this.#stepped = true;
  }

  logged(level: LogLevel, message: string, attributes: LogFields | undefined): void {
    (this.#tail ??= new LogTail()).add(level, message, attributes);
  }

  lastLines(): readonly string[] {
    return this.#tail?.read() ?? [];
  }

  get progressed(): boolean {
    return this.#stepped || grew(this.claimed.claim.again?.partial ?? "", this.#partialText());
  }

  onError(error: unknown): void {
    const { claim: { partition, id }, definition } = this.claimed;
    this.host.onError(error, idOf(partition, id), definition.name);
  }
}

/**
 * True if a partial result grew. A number has to be larger: a handler that begins from 0 each time
 * reports other numbers, and gets nowhere.
 */
function grew(before: string, now: string): boolean {
  if (now === "" || now === before) return false;
  const [from, to] = [before === "" ? NaN : Number(before), Number(now)];
  return Number.isNaN(from) || Number.isNaN(to) || to > from;
}

/** The context that a handler sees. Its rarely used parts are made on first use. */
class HandlerContext implements TaskContext {
  readonly id: string;
  readonly name: string;
  readonly queue: string;
  readonly workerId: string;
  readonly attempt: number;
  readonly maxAttempts: number;
  readonly resurrections: number;
  readonly fence: number;
  readonly idempotencyKey: string;
  readonly enqueuedAt: Date;
  readonly deadline: Date | null;
  readonly headers: TaskContext["headers"];
  readonly previous: TaskContext["previous"];
  readonly heartbeat: TaskContext["heartbeat"];
  readonly progress: TaskContext["progress"];
  partialResult: unknown = undefined;
  readonly #own: WorkerContext;
  #step: TaskContext["step"] | undefined = undefined;
  #log: TaskContext["log"] | undefined = undefined;

  constructor(own: WorkerContext) {
    const { claimed: { claim, envelope, definition }, host } = own;
    const { hardTimeoutMs } = definition;
    this.#own = own;
    this.id = idOf(claim.partition, claim.id);
    this.name = definition.name;
    this.queue = claim.partition.queue;
    this.workerId = host.workerId;
    this.attempt = claim.failures + 1;
    this.maxAttempts = definition.retry.attempts;
    this.resurrections = claim.crashes + claim.stalls;
    this.fence = claim.fence;
    this.idempotencyKey = this.id;
    this.enqueuedAt = new Date(claim.pushedAt);
    this.deadline = hardTimeoutMs === undefined ? null : new Date(Date.now() + hardTimeoutMs);
    this.headers = envelope.headers;
    this.previous = previousOf(claim, own);
    this.heartbeat = () => host.beatOnce(claim);
    this.progress = (percent, note = "") => {
      if (!Number.isFinite(percent)) return;
      own.progress = String(Math.min(100, Math.max(0, percent)));
      own.remark = String(note).slice(0, maxReasonLength);
    };
  }

  get signal(): AbortSignal {
    return this.#own.hard.signal;
  }

  get softSignal(): AbortSignal {
    return this.#own.soft.signal;
  }

  get step(): TaskContext["step"] {
    const { claimed, host, span } = this.#own;
    return this.#step ??= createSteps(claimed, host, span);
  }

  get log(): TaskContext["log"] {
    const own = this.#own;
    return this.#log ??= taskLog(own.host.log, this, (...line) => own.logged(...line));
  }
}

function previousOf(
  { again }: Claim,
  own: Pick<WorkerContext, "onError">,
): TaskContext["previous"] {
  if (!again) return null;
  try {
    const partialResult = again.partial === "" ? undefined : decodeResult(again.partial);
    if (again.error === "") return { partialResult };
    const { name, message } = JSON.parse(again.error);
    return { partialResult, error: { name, message } };
  } catch (error) {
    own.onError(error); // Another program wrote there: the task runs from the beginning.
    return { partialResult: undefined };
  }
}
