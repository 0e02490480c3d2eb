/**
 * The context of a running handler, and the part of it that goes into the next
 * heartbeat.
 *
 * @module
 */

import type { Claim } from "../protocol/claim.ts";
import type { TaskContext } from "../task/task_context.ts";
import { decodeResult, encodeResult } from "../base/json.ts";
import { idOf } from "../protocol/keys.ts";
import type { AttemptContext, AttemptHost, ClaimedTask } from "./running_attempt.ts";
import { logOf } from "../task/task_logger.ts";
import type { AttemptScope } from "../telemetry/observer.ts";
import { maxReasonLength } from "../defaults.ts";

/** Makes the context of an attempt at `task`; `span` observes its steps. */
export function createAttemptContext(
  task: ClaimedTask,
  host: AttemptHost,
  span?: Pick<AttemptScope, "step">,
): AttemptContext {
  const { claim, definition: { name } } = task;
  const onError = (error: unknown) => host.onError(error, idOf(claim.partition, claim.id), name);
  const signals: Signals = { hard: undefined, soft: undefined };
  const reported = { progress: "", remark: "" };
  const context = new HandlerContext({ task, host, span, signals, reported, onError });
  let savedPartial = claim.again?.partial ?? "";

  return {
    task: context,
    abort: (reason) => controller(signals, "hard").abort(reason),
    abortSoftly: (reason) => controller(signals, "soft").abort(reason),
    update() {
      const partial = partialText(context, onError);
      return { ...reported, partial: partial === savedPartial ? "" : partial };
    },
    saved(update) {
      if (update.partial) savedPartial = update.partial;
      if (update.progress === reported.progress) reported.progress = "";
    },
  };
}

/** The signals of an attempt, made on first use: a pair of them costs more than a short handler. */
interface Signals {
  hard: AbortController | undefined;
  soft: AbortController | undefined;
}

function controller(signals: Signals, kind: keyof Signals): AbortController {
  return signals[kind] ??= new AbortController();
}

interface ContextParts {
  readonly task: ClaimedTask;
  readonly host: AttemptHost;
  readonly span: Pick<AttemptScope, "step"> | undefined;
  readonly signals: Signals;
  /** The progress that the next heartbeat saves. */
  readonly reported: { progress: string; remark: string };
  onError(error: unknown): void;
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
  readonly #parts: ContextParts;
  #step: TaskContext["step"] | undefined;
  #log: TaskContext["log"] | undefined;

  constructor(parts: ContextParts) {
    const { task: { claim, envelope, definition }, host, reported } = parts;
    const { name, hardTimeoutMs } = definition;
    this.#parts = parts;
    this.id = idOf(claim.partition, claim.id);
    this.name = name;
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
    this.previous = previousOf(claim, parts.onError);
    this.heartbeat = () => host.beatOnce(claim);
    this.progress = (percent, note = "") => {
      if (!Number.isFinite(percent)) return;
      reported.progress = String(Math.min(100, Math.max(0, percent)));
      reported.remark = String(note).slice(0, maxReasonLength);
    };
  }

  get signal(): AbortSignal {
    return controller(this.#parts.signals, "hard").signal;
  }

  get softSignal(): AbortSignal {
    return controller(this.#parts.signals, "soft").signal;
  }

  get step(): TaskContext["step"] {
    const { task: { claim }, host, span } = this.#parts;
    return this.#step ??= stepsOf(claim, this.name, host, span);
  }

  get log(): TaskContext["log"] {
    return this.#log ??= logOf(this.id, this.name);
  }
}

function partialText({ name, partialResult }: TaskContext, onError: (error: unknown) => void) {
  if (partialResult === undefined) return "";
  try {
    return encodeResult(partialResult, `${name}, partial result`).text;
  } catch (error) {
    onError(error);
    return "";
  }
}

/** The `step` function of an attempt: a step that an earlier attempt finished is not run again. */
function stepsOf(
  claim: Claim,
  name: string,
  host: AttemptHost,
  span: Pick<AttemptScope, "step"> | undefined,
): TaskContext["step"] {
  const running = new Map<string, Promise<unknown>>();
  const finished = new Map<string, string>();
  const stored = claim.again?.steps ?? [];
  for (let i = 0; i < stored.length; i += 2) finished.set(stored[i]!, stored[i + 1]!);

  async function runStep(key: string, fn: () => unknown): Promise<unknown> {
    const before = finished.get(key);
    const work = () => before === undefined ? newStep(key, fn) : decodeResult(before);
    return await (span ? span.step(key, before !== undefined, work) : work());
  }

  async function newStep(key: string, fn: () => unknown): Promise<unknown> {
    const value = await fn();
    await host.saveStep(claim, key, encodeResult(value, `${name}, step ${key}`).text);
    return value;
  }

  return <T>(key: string, fn: () => T | Promise<T>): Promise<T> => {
    let step = running.get(key);
    if (!step) {
      step = runStep(String(key), fn);
      running.set(key, step);
      // A failed step runs again at the next call, and is no unhandled rejection.
      step.catch(() => running.delete(key));
    }
    return step as Promise<T>;
  };
}

function previousOf(
  { again }: Claim,
  onError: (error: unknown) => void,
): TaskContext["previous"] {
  if (!again) return null;
  try {
    const partialResult = again.partial === "" ? undefined : decodeResult(again.partial);
    if (again.error === "") return { partialResult };
    const { name, message } = JSON.parse(again.error);
    return { partialResult, error: { name, message } };
  } catch (error) {
    onError(error); // Another program wrote there: the task runs from the beginning.
    return { partialResult: undefined };
  }
}
