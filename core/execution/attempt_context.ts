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
  { claim, envelope, definition }: ClaimedTask,
  host: AttemptHost,
  span?: Pick<AttemptScope, "step">,
): AttemptContext {
  const id = idOf(claim.partition, claim.id);
  const { name, hardTimeoutMs } = definition;
  const onError = (error: unknown) => host.onError(error, id, name);
  // Made when they are asked for: a pair per attempt costs more than a short handler.
  let hard: AbortController | undefined;
  let soft: AbortController | undefined;
  let steps: Steps | undefined;
  let progress = "", remark = "", savedPartial = claim.again?.partial ?? "";

  const task: TaskContext = {
    id,
    name,
    queue: claim.partition.queue,
    workerId: host.workerId,
    attempt: claim.failures + 1,
    maxAttempts: definition.retry.attempts,
    resurrections: claim.crashes + claim.stalls,
    fence: claim.fence,
    idempotencyKey: id,
    enqueuedAt: new Date(claim.pushedAt),
    deadline: hardTimeoutMs === undefined ? null : new Date(Date.now() + hardTimeoutMs),
    headers: envelope.headers,
    get signal() {
      return (hard ??= new AbortController()).signal;
    },
    get softSignal() {
      return (soft ??= new AbortController()).signal;
    },
    heartbeat: () => host.beatOnce(claim),
    progress(percent, note = "") {
      if (!Number.isFinite(percent)) return;
      progress = String(Math.min(100, Math.max(0, percent)));
      remark = String(note).slice(0, maxReasonLength);
    },
    partialResult: undefined,
    previous: previousOf(claim, onError),
    step: (key, fn) => (steps ??= new Steps(claim, name, host, span)).step(key, fn),
    log: logOf(id, name),
  };

  function partialText(): string {
    try {
      if (task.partialResult === undefined) return "";
      return encodeResult(task.partialResult, `${name}, partial result`).text;
    } catch (error) {
      onError(error);
      return "";
    }
  }

  return {
    task,
    abort: (reason) => (hard ??= new AbortController()).abort(reason),
    abortSoftly: (reason) => (soft ??= new AbortController()).abort(reason),
    update() {
      const partial = partialText();
      return { progress, remark, partial: partial === savedPartial ? "" : partial };
    },
    saved(update) {
      if (update.partial) savedPartial = update.partial;
      if (update.progress === progress) progress = "";
    },
  };
}

/** The steps of an attempt: a step that an earlier attempt finished is not run again. */
class Steps {
  readonly #claim: Claim;
  readonly #task: string;
  readonly #host: AttemptHost;
  readonly #span: Pick<AttemptScope, "step"> | undefined;
  readonly #running: Map<string, Promise<unknown>> = new Map();
  readonly #finished: Map<string, string> = new Map();

  constructor(
    claim: Claim,
    task: string,
    host: AttemptHost,
    span: Pick<AttemptScope, "step"> | undefined,
  ) {
    this.#claim = claim;
    this.#task = task;
    this.#host = host;
    this.#span = span;
    const stored = claim.again?.steps ?? [];
    for (let i = 0; i < stored.length; i += 2) this.#finished.set(stored[i]!, stored[i + 1]!);
  }

  step<T>(key: string, fn: () => T | Promise<T>): Promise<T> {
    let step = this.#running.get(key);
    if (!step) {
      step = this.#run(String(key), fn);
      this.#running.set(key, step);
      // A failed step runs again at the next call, and is no unhandled rejection.
      step.catch(() => this.#running.delete(key));
    }
    return step as Promise<T>;
  }

  async #run(key: string, fn: () => unknown): Promise<unknown> {
    const before = this.#finished.get(key);
    const work = () => before === undefined ? this.#first(key, fn) : decodeResult(before);
    return await (this.#span ? this.#span.step(key, before !== undefined, work) : work());
  }

  async #first(key: string, fn: () => unknown): Promise<unknown> {
    const value = await fn();
    const { text } = encodeResult(value, `${this.#task}, step ${key}`);
    await this.#host.saveStep(this.#claim, key, text);
    return value;
  }
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
