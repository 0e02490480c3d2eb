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
  // Made on first use: a pair of controllers costs more than a short handler.
  let hard: AbortController | undefined;
  let soft: AbortController | undefined;
  let step: TaskContext["step"] | undefined;
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
    get step() {
      return step ??= stepsOf(claim, name, host, span);
    },
    log: logOf(id, name),
  };

  function partialText(): string {
    try {
      const { partialResult } = task;
      if (partialResult !== undefined) {
        return encodeResult(partialResult, `${name}, partial result`).text;
      }
    } catch (error) {
      onError(error);
    }
    return "";
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
